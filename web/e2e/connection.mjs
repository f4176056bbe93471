// The connection section, at every address.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startServer } from './server.mjs';
import { visit } from './visit.mjs';

const DESCRIBE = { service: 'increment.v1.ConnectionService', method: 'DescribeConnection', protocol: 'grpc-web' };

const TLS_1_3 = { tls: 'TLSv1.3', group: 'X25519MLKEM768' };

/** The messages of a full handshake in order, with their senders (RFC 8446, section 2). */
const FULL = [
  'client ClientHello', 'server ServerHello', 'server EncryptedExtensions', 'server Certificate',
  'server CertificateVerify', 'server Finished', 'client Finished', 'both Application data',
];

// Errors that the browser logs for failed requests.
const NETWORK = /Failed to load resource|^failed: |^status 502: /;

/** At the server, without a proxy. */
export function connection(browser, url) {
  for (const width of [360, 1280]) {
    test(`${width} px wide, the connection is described with its values`, () =>
      visit(browser, url, async (page) => {
        const { cipher, ...others } = await description(page.page);
        assert.deepEqual(others, { ...TLS_1_3, http: 'HTTP/2' });
        assert.match(cipher, /^TLS13_/);
        const text = await section(page.page).innerText();
        for (const expected of [cipher, 'HTTP/2', 'TLSv1.3, new session', 'X25519MLKEM768, post-quantum', 'CN=localhost',
          'increment development CA', 'h2, TCP']) assert.ok(text.includes(expected), `${expected}: ${text}`);
        assert.match(text, /\b\d+ days left/);
        assert.match(text, /TLS [\d.]+\sms, first byte [\d.]+\sms/);
        assert.doesNotMatch(text, /…|proxy/);
        assert.deepEqual(await messages(page.page), FULL);
        assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      }, { viewport: { width, height: 900 } }));
  }

  test('each refresh of the connection is one call, by keyboard too', () =>
    visit(browser, url, async (page) => {
      await description(page.page);
      await page.live.waitFor();
      const before = await page.countOf(DESCRIBE);
      await page.page.getByRole('button', { name: 'Refresh' }).press('Enter');
      await page.waitForCount(DESCRIBE, before + 1n);
    }));
}

/** Behind `trunk serve`, a proxy over HTTP/1.1, with TLS only to the server. */
export function connectionOfProxy(browser, url) {
  test('behind a proxy, the connection is that of the proxy', () =>
    visit(browser, url, async (page) => {
      const { tls, http } = await description(page.page);
      assert.deepEqual({ tls, http }, { tls: 'TLSv1.3', http: 'HTTP/1.1' });
      const text = await section(page.page).innerText();
      assert.match(text, /A proxy is in between: this page uses HTTP\/1\.1 in plaintext to it\./);
      assert.match(text, /The proxy\nThe server\n/);
    }));
}

export function connectionOfOneServer(browser) {
  test('a plaintext connection is described without a handshake', async (t) => {
    const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    await visit(browser, server.plaintext, async (page) => {
      assert.deepEqual(await description(page.page), { tls: 'none', http: 'HTTP/1.1', cipher: 'none', group: 'none' });
      assert.match(await section(page.page).innerText(), /Not encrypted: anyone on the network path can read/);
      assert.deepEqual(await messages(page.page), []);
    });
  });

  test('the last known connection is displayed while the server is unavailable', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      await description(page.page);
      await server.stop();
      await page.page.getByRole('button', { name: 'Refresh' }).click();
      await page.page.locator('.connection [role=status]', { hasText: /did not respond.*last known/ }).waitFor();
      assert.equal((await description(page.page)).tls, 'TLSv1.3', 'the last known state');
    }, { expected: NETWORK });
  });

  test('an unknown connection is displayed with the failure and the usual handshake', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    const badGateway = { '**/DescribeConnection': (route) => route.fulfill({ status: 502 }) };
    await visit(browser, server.url, async (page) => {
      await page.page.locator('.connection [role=status]', { hasText: 'HTTP 502' }).waitFor();
      assert.equal(await section(page.page).count(), 0);
      assert.deepEqual(await messages(page.page), FULL);
      await page.page.unrouteAll();
      await page.page.getByRole('button', { name: 'Refresh' }).click();
      await description(page.page);
    }, { routes: badGateway, expected: NETWORK });
  });
}

const section = (page) => page.getByTestId('connection');

/** Waits for the description, and returns its attributes. */
async function description(page) {
  await section(page).waitFor();
  return section(page).evaluate(({ dataset: { tls, http, cipher, group } }) => ({ tls, http, cipher, group }));
}

/** Returns the messages of the displayed handshake. */
function messages(page) {
  return page.locator('.ladder > div').evaluateAll((all) =>
    all.filter(({ dataset }) => ['client', 'server', 'both'].includes(dataset.line))
      .map((line) => `${line.dataset.line} ${line.querySelector('dt').textContent}`));
}
