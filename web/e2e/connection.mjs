// The connection section, at every address.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { contentWidth, partsOfConnection } from './parts.mjs';
import { startServer } from './server.mjs';
import { inEveryWidth } from './views.mjs';
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
export function connection(browser, site) {
  test('the connection is described with its values, in every width', () => visit(browser, site.url, async (page) => {
    const parts = partsOfConnection(page.page);
    const { cipher, ...others } = await parts.attributes();
    assert.deepEqual(others, { ...TLS_1_3, http: 'HTTP/2' });
    assert.match(cipher, /^TLS13_/);
    await inEveryWidth(page.page, async (width) => {
      const text = await parts.description.innerText();
      for (const expected of [cipher, 'HTTP/2', 'TLSv1.3, new session', 'X25519MLKEM768, post-quantum', 'CN=localhost',
        'increment development CA', 'h2, TCP']) assert.ok(text.includes(expected), `${expected}: ${text}`);
      assert.match(text, /\b\d+ days left/);
      assert.match(text, /TLS [\d.]+\sms, first byte [\d.]+\sms/);
      assert.doesNotMatch(text, /…|proxy/);
      assert.deepEqual(await parts.messages(), FULL);
      assert.ok((await contentWidth(page.page)) <= width);
    });
  }));

  test('each refresh of the connection is one call, by keyboard too', () =>
    visit(browser, site.url, async (page) => {
      const parts = partsOfConnection(page.page);
      await parts.attributes();
      await page.live.waitFor();
      const before = await page.countOf(DESCRIBE);
      await parts.refresh.press('Enter');
      await page.waitForCount(DESCRIBE, before + 1n);
    }));
}

/** Behind `trunk serve`, a proxy over HTTP/1.1, with TLS only to the server. */
export function connectionOfProxy(browser, site) {
  test('behind a proxy, the connection is that of the proxy', () =>
    visit(browser, site.url, async ({ page }) => {
      const { attributes, description } = partsOfConnection(page);
      const { tls, http } = await attributes();
      assert.deepEqual({ tls, http }, { tls: 'TLSv1.3', http: 'HTTP/1.1' });
      const text = await description.innerText();
      assert.match(text, /A proxy is in between: this page uses HTTP\/1\.1 in plaintext to it\./);
      assert.match(text, /The proxy\nThe server\n/);
    }));
}

export function connectionOfOneServer(browser) {
  test('a plaintext connection is described without a handshake', async (t) => {
    const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    await visit(browser, server.plaintext, async ({ page }) => {
      const parts = partsOfConnection(page);
      assert.deepEqual(await parts.attributes(), { tls: 'none', http: 'HTTP/1.1', cipher: 'none', group: 'none' });
      assert.match(await parts.description.innerText(), /Not encrypted: anyone on the network path can read/);
      assert.deepEqual(await parts.messages(), []);
    });
  });

  test('the last known connection is displayed while the server is unavailable', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async ({ page }) => {
      const parts = partsOfConnection(page);
      await parts.attributes();
      await server.stop();
      await parts.refresh.click();
      await parts.status.filter({ hasText: /did not respond.*last known/ }).waitFor();
      assert.equal((await parts.attributes()).tls, 'TLSv1.3', 'the last known state');
    }, { expected: NETWORK });
  });

  test('an unknown connection is displayed with the failure and the usual handshake', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    const badGateway = { '**/DescribeConnection': (route) => route.fulfill({ status: 502 }) };
    await visit(browser, server.url, async ({ page }) => {
      const parts = partsOfConnection(page);
      await parts.status.filter({ hasText: 'HTTP 502' }).waitFor();
      assert.equal(await parts.description.count(), 0);
      assert.deepEqual(await parts.messages(), FULL);
      await page.unrouteAll();
      await parts.refresh.click();
      await parts.attributes();
    }, { routes: badGateway, expected: NETWORK });
  });
}
