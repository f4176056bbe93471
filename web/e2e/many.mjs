// Concurrent calls: over HTTP/2 all are in flight together, over HTTP/1.1 at most one per connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { partsOfMany } from './parts.mjs';
import { startServer } from './server.mjs';
import { assertUsable, inEveryWidth } from './views.mjs';
import { visit } from './visit.mjs';

const CALLS = '20';

/** Chromium opens this many HTTP/1.1 connections to a server. */
const CONNECTIONS = 6;

const COUNT_UP = { service: 'increment.v1.IncrementService', method: 'CountUp', protocol: 'grpc-web' };

// Errors that the browser logs for failed requests, and for those that a policy or a server rejects.
const REJECTED = /Failed to load resource|^failed: |Content Security Policy|Connecting to |Fetch API cannot load|CORS policy/;

/** At a separate server with a plaintext address. */
export function concurrentCalls(browser) {
  for (const from of ['url', 'plaintext']) {
    test(`concurrent calls from the ${from}, in every width`, async (t) => {
      const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
      t.after(() => server.stop());
      const other = from === 'url' ? server.plaintext : server.url;
      await visit(browser, server[from], async (page) => {
        await page.live.waitFor();
        const [own, others] = await partsOfMany(page.page).compareWith(other);
        const [http2, http1] = from === 'url' ? [own, others] : [others, own];
        assert.deepEqual([http2.http, http2.calls, http1.http, http1.calls], ['HTTP/2', CALLS, 'HTTP/1.1', CALLS]);
        // The stream of counts uses one of the connections of a plaintext page.
        assert.ok(http1.most <= CONNECTIONS - (from === 'plaintext'), `${http1.most} in flight over HTTP/1.1`);
        // The exact number depends on the speed of the machine.
        assert.ok(http2.most > CONNECTIONS, `${http2.most} in flight over HTTP/2`);
        assert.match(http1.text, new RegExp(`^HTTP/1\\.1 http://.*up to ${http1.most} in flight$`, 's'));
        await page.waitForCount(COUNT_UP, 40n);
        await inEveryWidth(page.page, (width) => assertUsable(page.page, width));
      });
    });
  }

  test('an unreachable address is reported with a remedy, by keyboard too', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    await visit(browser, server.url, async ({ page }) => {
      const { other, status, diagrams } = partsOfMany(page);
      assert.equal(await other.inputValue(), 'http://localhost:5080');
      await other.fill('http://localhost:1');
      await other.press('Enter');
      await status.getByText('Is the server started with --plaintext-listen 127.0.0.1:5080?').waitFor();
      assert.equal(await diagrams.count(), 0);
    }, { expected: REJECTED });
  });

  test('an invalid address is rejected, and nothing is sent', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    await visit(browser, server.url, async ({ page, calls }) => {
      const { other, compare } = partsOfMany(page);
      await other.fill('localhost');
      await compare.click();
      assert.ok(await other.evaluate((element) => element.matches(':invalid:focus')));
      assert.equal(calls.length, 0);
    });
  });
}

/** At `trunk serve`, a different origin than the server's. */
export function concurrentCallsOfProxy(browser, site) {
  test('behind a proxy, an unreachable server is reported with its option', () =>
    visit(browser, site.url, async ({ page }) => {
      const { other, compare, status } = partsOfMany(page);
      await other.fill('https://localhost:1');
      await compare.click();
      await status.getByText(`Is the server started with --cors-origin ${site.url}?`).waitFor();
    }, { expected: REJECTED }));
}
