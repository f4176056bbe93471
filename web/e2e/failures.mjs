// Failed calls without a response of the service.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { violations } from './axe.mjs';
import { startServer } from './server.mjs';
import { isCall, visit } from './visit.mjs';

// Errors that the browser logs for failed requests.
const NETWORK = /Failed to load resource|^failed: |^status 502: /;

export function failures(browser, url) {
  const responses = [
    ['a proxy without its server', { status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }, 'UNAVAILABLE', /502/],
    ['a page instead of a response', { status: 200, contentType: 'text/html', body: '<h1>Welcome</h1>' }, 'UNKNOWN', /text\/html/],
  ];
  for (const [name, response, code, text] of responses) {
    test(`${name} is reported until the next success`, () =>
      visit(browser, url, async (page) => {
        await page.page.route('**/*', (route) => (isCall(route.request()) ? route.fulfill(response) : route.continue()));
        await page.send.click();
        await page.failure.waitFor();
        assert.equal(await page.failure.getAttribute('data-code'), code);
        assert.match(await page.failure.innerText(), text);
        await page.page.unrouteAll();
        await page.send.click();
        await page.failure.waitFor({ state: 'hidden' });
      }, { expected: NETWORK }));
  }
}

export function stoppedServer(browser) {
  for (const width of [360, 1280]) {
    test(`${width} px wide, a stopped server is unavailable until it restarts`, stopped(browser, width));
  }
}

function stopped(browser, width) {
  return async (t) => {
    let server = await startServer();
    t.after(() => server.stop());
    await visit(browser, server.url, async (page) => {
      await page.send.click();
      await page.waitForRows(1);
      await server.stop();
      await page.send.click();
      await page.failure.waitFor();
      assert.equal(await page.failure.getAttribute('data-code'), 'UNAVAILABLE');
      assert.match(await page.failure.innerText(), /stopped/);
      // The page cannot distinguish these causes, as `increment doctor` does.
      await page.failure.getByText('Possible causes').click();
      const causes = await page.failure.innerText();
      for (const text of [/The port is closed/, /The certificate is not trusted/, /update-ca-certificates/]) assert.match(causes, text);
      assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      assert.deepEqual(await violations(page.page), []);
      server = await startServer(server);
      await page.send.click();
      await page.failure.waitFor({ state: 'hidden' });
    }, { viewport: { width, height: 900 }, expected: NETWORK });
  };
}
