// The delivery of the page: compression, caching, content security policy, HTTP/2.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { ca } from './demo.mjs';
import { visit } from './visit.mjs';

export function delivery(browser, site) {
  test('the content security policy is strict', async () => {
    const { headers } = await load(site.url, '/');
    const policy = new Map(headers['content-security-policy'].split(';').map((part) => {
      const [name, ...values] = part.trim().split(' ');
      return [name, values];
    }));
    for (const name of ['default-src', 'base-uri', 'form-action', 'frame-ancestors']) {
      assert.deepEqual(policy.get(name), ["'none'"], name);
    }
    for (const source of policy.get('script-src')) {
      assert.match(source, /^'(self|wasm-unsafe-eval|sha256-[A-Za-z0-9+/]+=*)'$/);
    }
    assert.deepEqual(policy.get('style-src'), ["'self'"]);
    assert.deepEqual(policy.get('connect-src'), ["'self'"]);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });

  test('the index is revalidated, hashed files are immutable', async () => {
    const index = await load(site.url, '/');
    assert.match(index.headers['cache-control'], /^no-cache$/);
    const names = hashedNames(index.body.toString());
    assert.ok(names.some((name) => name.endsWith('.js')) && names.some((name) => name.endsWith('.wasm')), names.join());
    for (const name of names) {
      const { status, headers } = await load(site.url, name);
      assert.equal(status, 200, name);
      assert.match(headers['cache-control'], /max-age=31536000.*immutable/, name);
    }
  });

  for (const [coding, read] of [['br', brotliDecompressSync], ['gzip', gunzipSync]]) {
    test(`files are compressed with ${coding}`, async () => {
      const index = await load(site.url, '/');
      for (const name of ['/', ...hashedNames(index.body.toString())]) {
        const [plain, small] = [await load(site.url, name), await load(site.url, name, { 'accept-encoding': coding })];
        assert.equal(small.headers['content-encoding'], coding, name);
        assert.match(small.headers.vary, /accept-encoding/i);
        assert.deepEqual(read(small.body), plain.body, name);
        assert.equal(small.headers['content-type'], plain.headers['content-type']);
      }
    });
  }

  test('the browser receives brotli over HTTP/2', () =>
    visit(browser, site.url, async ({ page, send, waitForRows }) => {
      const entries = () => page.evaluate(() =>
        [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
          .map(({ name, nextHopProtocol, encodedBodySize, decodedBodySize }) =>
            ({ name, nextHopProtocol, encodedBodySize, decodedBodySize })));
      const loaded = await entries();
      const wasm = loaded.find(({ name }) => name.endsWith('.wasm'));
      assert.ok(wasm.encodedBodySize < wasm.decodedBodySize / 2, `${wasm.encodedBodySize} bytes of wasm`);
      assert.deepEqual([...new Set(loaded.map(({ nextHopProtocol }) => nextHopProtocol))], ['h2']);
      await send.click();
      await waitForRows(1);
    }));
}

function hashedNames(html) {
  return [...new Set(html.match(/\/[\w./-]*-[0-9a-f]{16}[\w.-]*/g))];
}

/** Loads a file over TLS, verified with the CA. */
function load(url, path, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = get(url + path, { ca: readFileSync(ca), headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
  });
}
