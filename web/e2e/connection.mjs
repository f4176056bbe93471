// The connection: what the server and the browser say of it, at any address.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startServer } from './server.mjs';
import { visit } from './visit.mjs';

const DESCRIBE = { service: 'increment.v1.ConnectionService', method: 'DescribeConnection', protocol: 'grpc-web' };

const TLS_1_3 = { tls: 'TLSv1.3', group: 'X25519MLKEM768' };

/** The messages of a full handshake, in their order, and who sends each (RFC 8446, section 2). */
const FULL = [
  'client ClientHello', 'server ServerHello', 'server EncryptedExtensions', 'server Certificate',
  'server CertificateVerify', 'server Finished', 'client Finished', 'both Application data',
];

// What the browser itself notes of calls that nobody answers.
const NETWORK = /Failed to load resource|^failed: |^status 502: /;

/** At the server itself: nobody is between the page and it. */
export function connection(browser, url) {
  for (const width of [360, 1280]) {
    test(`${width} px wide, the connection is told with its own values`, () =>
      visit(browser, url, async (page) => {
        const { cipher, ...told } = await look(page.page);
        assert.deepEqual(told, { ...TLS_1_3, http: 'HTTP/2' });
        assert.match(cipher, /^TLS13_/);
        const words = await part(page.page).innerText();
        for (const said of [cipher, 'HTTP/2', 'TLSv1.3, a new session', 'X25519MLKEM768, post-quantum', 'CN=localhost',
          'increment development CA', 'h2, TCP']) assert.ok(words.includes(said), `${said}: ${words}`);
        assert.match(words, /\b\d+ days left/);
        assert.match(words, /TLS [\d.]+\sms, first byte [\d.]+\sms/);
        assert.doesNotMatch(words, /…|proxy/);
        assert.deepEqual(await messages(page.page), FULL);
        assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      }, { viewport: { width, height: 900 } }));
  }

  test('each look at the connection is one call, by keyboard too', () =>
    visit(browser, url, async (page) => {
      await look(page.page);
      await page.live.waitFor();
      const before = await page.countOf(DESCRIBE);
      await page.page.getByRole('button', { name: 'Look again' }).press('Enter');
      await page.waitForCount(DESCRIBE, before + 1n);
    }));
}

/** Behind `trunk serve`, which speaks HTTP/1.1 on both sides, and TLS on one. */
export function connectionOfProxy(browser, url) {
  test('behind a proxy, the connection is told as the proxy\'s', () =>
    visit(browser, url, async (page) => {
      const { tls, http } = await look(page.page);
      assert.deepEqual({ tls, http }, { tls: 'TLSv1.3', http: 'HTTP/1.1' });
      const words = await part(page.page).innerText();
      assert.match(words, /A proxy stands in between: this page speaks HTTP\/1\.1 in clear text with it\./);
      assert.match(words, /The proxy\nThe server\n/);
    }));
}

export function connectionOfOneServer(browser) {
  test('a connection in clear text is told as one, without a handshake', async (t) => {
    const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    await visit(browser, server.plaintext, async (page) => {
      assert.deepEqual(await look(page.page), { tls: 'none', http: 'HTTP/1.1', cipher: 'none', group: 'none' });
      assert.match(await part(page.page).innerText(), /Not encrypted: whoever is on the way can read/);
      assert.deepEqual(await messages(page.page), []);
    });
  });

  test('what is known of the connection stays while the server is away', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      await look(page.page);
      await server.stop();
      await page.page.getByRole('button', { name: 'Look again' }).click();
      await page.page.locator('.connection [role=status]', { hasText: /did not respond.*last known/ }).waitFor();
      assert.equal((await look(page.page)).tls, 'TLSv1.3', 'what is known stays');
    }, { expected: NETWORK });
  });

  test('where the connection is not known, the page says why and what would be there', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    const badGateway = { '**/DescribeConnection': (route) => route.fulfill({ status: 502 }) };
    await visit(browser, server.url, async (page) => {
      await page.page.locator('.connection [role=status]', { hasText: 'HTTP 502' }).waitFor();
      assert.equal(await part(page.page).count(), 0);
      assert.deepEqual(await messages(page.page), FULL);
      await page.page.unrouteAll();
      await page.page.getByRole('button', { name: 'Look again' }).click();
      await look(page.page);
    }, { routes: badGateway, expected: NETWORK });
  });
}

const part = (page) => page.getByTestId('connection');

/** Waits for what is told, and returns it as data. */
async function look(page) {
  await part(page).waitFor();
  return part(page).evaluate(({ dataset: { tls, http, cipher, group } }) => ({ tls, http, cipher, group }));
}

/** The messages of the handshake that is drawn. */
function messages(page) {
  return page.locator('.ladder > div').evaluateAll((all) =>
    all.filter(({ dataset }) => ['client', 'server', 'both'].includes(dataset.line))
      .map((line) => `${line.dataset.line} ${line.querySelector('dt').textContent}`));
}
