// Concurrent calls: over HTTP/2 all are in flight together, over HTTP/1.1 at most one per connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { violations } from './axe.mjs';
import { startServer } from './server.mjs';
import { visit } from './visit.mjs';

const CALLS = '20';

/** Chromium opens this many HTTP/1.1 connections to a server. */
const CONNECTIONS = 6;

const COUNT_UP = { service: 'increment.v1.IncrementService', method: 'CountUp', protocol: 'grpc-web' };

// Errors that the browser logs for failed requests, and for those that a policy or a server rejects.
const REJECTED = /Failed to load resource|^failed: |Content Security Policy|Connecting to |Fetch API cannot load|CORS policy/;

/** At a separate server with a plaintext address. */
export function concurrentCalls(browser) {
  for (const width of [360, 1280]) {
    for (const from of ['url', 'plaintext']) {
      test(`${width} px wide, concurrent calls from the ${from}`, async (t) => {
        const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
        t.after(() => server.stop());
        const other = from === 'url' ? server.plaintext : server.url;
        await visit(browser, server[from], async (page) => {
          await page.live.waitFor();
          const [own, others] = await compare(page.page, other);
          const [http2, http1] = from === 'url' ? [own, others] : [others, own];
          assert.deepEqual([http2.http, http2.calls, http1.http, http1.calls], ['HTTP/2', CALLS, 'HTTP/1.1', CALLS]);
          // The stream of counts uses one of the connections of a plaintext page.
          assert.ok(http1.most <= CONNECTIONS - (from === 'plaintext'), `${http1.most} in flight over HTTP/1.1`);
          // The exact number depends on the speed of the machine.
          assert.ok(http2.most > CONNECTIONS, `${http2.most} in flight over HTTP/2`);
          assert.match(http1.text, new RegExp(`^HTTP/1\\.1 http://.*up to ${http1.most} in flight$`, 's'));
          await page.waitForCount(COUNT_UP, 40n);
          assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width);
          assert.deepEqual(await violations(page.page), []);
        }, { viewport: { width, height: 900 } });
      });
    }
  }

  test('an unreachable address is reported with a remedy, by keyboard too', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    await visit(browser, server.url, async ({ page }) => {
      const field = page.getByLabel('The server’s other address');
      assert.equal(await field.inputValue(), 'http://localhost:5080');
      await field.fill('http://localhost:1');
      await field.press('Enter');
      await page.getByRole('status').getByText('Is the server started with --plaintext-listen 127.0.0.1:5080?').waitFor();
      assert.equal(await page.getByTestId('waterfall').count(), 0);
    }, { expected: REJECTED });
  });

  test('an invalid address is rejected, and nothing is sent', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    await visit(browser, server.url, async ({ page, calls }) => {
      const field = page.getByLabel('The server’s other address');
      await field.fill('localhost');
      await page.getByRole('button', { name: 'Compare' }).click();
      assert.ok(await field.evaluate((element) => element.matches(':invalid:focus')));
      assert.equal(calls.length, 0);
    });
  });
}

/** At `trunk serve`, a different origin than the server's. */
export function concurrentCallsOfProxy(browser, url) {
  test('behind a proxy, an unreachable server is reported with its option', () =>
    visit(browser, url, async ({ page }) => {
      await page.getByLabel('The server’s other address').fill('https://localhost:1');
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.getByRole('status').getByText(`Is the server started with --cors-origin ${url}?`).waitFor();
    }, { expected: REJECTED }));
}

/** Compares with the other address; returns the data of both diagrams. */
async function compare(page, other) {
  await page.getByLabel('The server’s other address').fill(other);
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByTestId('waterfall').nth(1).waitFor();
  return page.getByTestId('waterfall').evaluateAll((all) => all.map(({ dataset: { http, calls, inFlight }, innerText }) =>
    ({ http, calls, most: Number(inFlight), text: innerText.trim() })));
}
