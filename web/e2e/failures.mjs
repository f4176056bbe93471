// Failed calls without a response of the service.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { startServer } from './server.mjs';
import { assertUsable, inEveryWidth } from './views.mjs';
import { isCall, sharedVisit, visit } from './visit.mjs';

// Errors that the browser logs for failed requests.
const NETWORK = /Failed to load resource|^failed: |^status 502: /;

/** Responses that are not the service's, with the code and the text that the page displays. */
const RESPONSES = [
  ['a proxy without its server', { status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }, 'UNAVAILABLE', /502/],
  ['a page instead of a response', { status: 200, contentType: 'text/html', body: '<h1>Welcome</h1>' }, 'UNKNOWN', /text\/html/],
];

export function failures(browser, site) {
  describe('failures', () => {
    const on = sharedVisit(browser, site);
    for (const [name, response, code, text] of RESPONSES) {
      test(`${name} is reported until the next success`, on(async (page) => {
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
  });
}

export function stoppedServer(browser) {
  test('a stopped server is unavailable until it restarts, in every width', async (t) => {
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
      await inEveryWidth(page.page, (width) => assertUsable(page.page, width));
      server = await startServer(server);
      await page.send.click();
      await page.failure.waitFor({ state: 'hidden' });
    }, { expected: NETWORK });
  });
}
