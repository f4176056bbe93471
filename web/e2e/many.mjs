// Many calls at once: over HTTP/2 all are under way together, over HTTP/1.1 no more than a browser has connections.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { violations } from './axe.mjs';
import { startServer } from './server.mjs';
import { visit } from './visit.mjs';

const CALLS = '20';

/** Chromium opens that many connections to a server that speaks HTTP/1.1. */
const CONNECTIONS = 6;

const COUNT_UP = { service: 'increment.v1.IncrementService', method: 'CountUp', protocol: 'grpc-web' };

// What the browser itself notes of calls that nobody answers, or that a policy or a server refuses.
const REFUSED = /Failed to load resource|^failed: |Content Security Policy|Connecting to |Fetch API cannot load|CORS policy/;

/** At a server of its own, with an address in clear text. */
export function manyAtOnce(browser) {
  for (const width of [360, 1280]) {
    for (const from of ['url', 'plaintext']) {
      test(`${width} px wide, many calls at once from the ${from}`, async (t) => {
        const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
        t.after(() => server.stop());
        const other = from === 'url' ? server.plaintext : server.url;
        await visit(browser, server[from], async (page) => {
          await page.live.waitFor();
          const [own, others] = await compare(page.page, other);
          const [http2, http1] = from === 'url' ? [own, others] : [others, own];
          assert.deepEqual([http2.http, http2.calls, http1.http, http1.calls], ['HTTP/2', CALLS, 'HTTP/1.1', CALLS]);
          // The stream of counts has one of the connections where the page itself came without TLS.
          assert.ok(http1.most <= CONNECTIONS - (from === 'plaintext'), `${http1.most} at once over HTTP/1.1`);
          // How many more depends on how fast this machine makes them.
          assert.ok(http2.most > CONNECTIONS, `${http2.most} at once over HTTP/2`);
          assert.match(http1.words, new RegExp(`^HTTP/1\\.1 http://.*up to ${http1.most} at once$`, 's'));
          await page.waitForCount(COUNT_UP, 40n);
          assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width);
          assert.deepEqual(await violations(page.page), []);
        }, { viewport: { width, height: 900 } });
      });
    }
  }

  test('where the other address does not answer, it is told what may help, and the keyboard is enough', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    await visit(browser, server.url, async ({ page }) => {
      const field = page.getByLabel('The server’s other address');
      assert.equal(await field.inputValue(), 'http://localhost:5080');
      await field.fill('http://localhost:1');
      await field.press('Enter');
      await page.getByRole('status').getByText('Is the server started with --plaintext-listen 127.0.0.1:5080?').waitFor();
      assert.equal(await page.getByTestId('waterfall').count(), 0);
    }, { expected: REFUSED });
  });

  test('what is no address is refused, and nothing is sent', async (t) => {
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

/** At `trunk serve`, whose page the server does not know. */
export function manyOfProxy(browser, url) {
  test('behind a proxy, the server is asked for by its option', () =>
    visit(browser, url, async ({ page }) => {
      await page.getByLabel('The server’s other address').fill('https://localhost:1');
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.getByRole('status').getByText(`Is the server started with --cors-origin ${url}?`).waitFor();
    }, { expected: REFUSED }));
}

/** Compares with the other address; what is told of each. */
async function compare(page, other) {
  await page.getByLabel('The server’s other address').fill(other);
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByTestId('waterfall').nth(1).waitFor();
  return page.getByTestId('waterfall').evaluateAll((all) => all.map(({ dataset: { http, calls, most }, innerText }) =>
    ({ http, calls, most: Number(most), words: innerText.trim() })));
}
