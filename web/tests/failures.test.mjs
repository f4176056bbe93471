// The gRPC status of a failed `fetch` through `web/fetch.js`, and calls that their caller aborts.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test } from 'node:test';

import { FIRST, REQUEST, assertRecorded, call, start } from './call.mjs';
import { GRPC_WEB, serve, stoppedServer } from './server.mjs';

// Of tests that wait for what a defect would prevent.
const TIME_LIMIT = { timeout: 20_000 };

describe('a failure', () => {
  /** Asserts a synthetic response. */
  async function assertFailure({ response, chunks }, kind, status, text) {
    const header = (name) => response.headers.get(name);
    assert.deepEqual([header('increment-failure'), header('grpc-status'), chunks], [kind, String(status), []]);
    assert.match(decodeURIComponent(header('grpc-message')), text);
    assert.equal(header('content-type'), 'application/grpc-web+proto');
  }

  const statuses = [[200, 2], [400, 13], [401, 16], [403, 7], [404, 12], [429, 14], [500, 2], [502, 14], [503, 14], [504, 14]];
  for (const [http, status] of statuses) {
    test(`is status ${status} where the response is HTTP ${http} with a page`, async (t) => {
      const headers = { 'content-type': 'text/html' };
      const url = await serve(t, (response) => response.writeHead(http, headers).end('<h1>Bad Gateway</h1>'));
      const result = await call(url);
      await assertFailure(result, 'not-grpc', status, new RegExp(`HTTP ${http} with text/html`));
      assert.equal(result.recorded.response.startLine, `HTTP ${http}`);
    });
  }

  test('is unknown where the response has no content type', async (t) => {
    const url = await serve(t, (response) => response.writeHead(204).end());
    await assertFailure(await call(url), 'not-grpc', 2, /HTTP 204 with no content type/);
  });

  test('leaves no response open', TIME_LIMIT, async (t) => {
    const closed = new EventEmitter();
    const isClosed = once(closed, 'close');
    const url = await serve(t, (response) => {
      response.on('close', () => closed.emit('close')).writeHead(502, { 'content-type': 'text/html' }).write('endless');
    });
    await assertFailure(await call(url), 'not-grpc', 14, /502/);
    await isClosed;
  });

  test('is UNAVAILABLE where the server does not respond', async () => {
    const result = await call(await stoppedServer());
    await assertFailure(result, 'unreachable', 14, /fetch failed/);
    assert.deepEqual([result.recorded.response, result.recorded.isComplete], [undefined, false]);
    assert.deepEqual(Buffer.from(result.recorded.request.body), REQUEST);
  });

  test('is UNAVAILABLE where the connection breaks before the response', async (t) => {
    const url = await serve(t, (response) => response.destroy());
    await assertFailure(await call(url), 'unreachable', 14, /fetch failed/);
  });
});

describe('a call that its caller aborts', () => {
  test('rejects with the reason before the response', async (t) => {
    const caller = new AbortController();
    const url = await serve(t, () => caller.abort());
    const { id, promise } = start(url, { signal: caller.signal });
    await assert.rejects(promise, { name: 'AbortError' });
    const { response, isComplete } = takeExchange(id);
    assert.deepEqual([response, isComplete], [undefined, false]);
  });

  test('ends on the server too, in the middle of the response', TIME_LIMIT, async (t) => {
    const closed = new EventEmitter();
    const isClosed = once(closed, 'close');
    const caller = new AbortController();
    const url = await serve(t, (response) => {
      response.on('close', () => closed.emit('close')).writeHead(200, GRPC_WEB).write(FIRST);
    });
    const { id, promise } = start(url, { signal: caller.signal });
    const reader = (await promise).body.getReader();
    assert.deepEqual(Buffer.from((await reader.read()).value), FIRST);
    caller.abort();
    await assert.rejects(reader.read(), { name: 'AbortError' });
    await isClosed;
    assertRecorded(takeExchange(id), FIRST, { isComplete: false });
  });
});
