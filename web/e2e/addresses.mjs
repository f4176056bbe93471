// The page at every address of a server, including IPv6, without errors on the console: `visit` checks it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { partsOfConnection } from './parts.mjs';
import { startServer } from './server.mjs';
import { visit } from './visit.mjs';

/** The default addresses of the server, and the same without TLS. */
const OPTIONS = ['--listen', '[::1]:0', '--plaintext-listen', '127.0.0.1:0', '--plaintext-listen', '[::1]:0'];

export function addresses(browser) {
  test('the page works at every address of a server without errors', async (t) => {
    const server = await startServer({ options: OPTIONS });
    t.after(server.stop);
    assert.equal(server.addresses.length, 4);
    const visits = [server.url, ...server.addresses].map((url) => visit(browser, url, async (page) => {
      await page.live.waitFor();
      await partsOfConnection(page.page).description.waitFor();
      await page.sendNumber('41');
      assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }], url);
    }));
    await Promise.all(visits);
  });
}
