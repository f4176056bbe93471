// What `web/fetch.js` passes through and what it records, with a real server.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { FIRST, REQUEST, SECOND, TRAILERS, WHOLE, call, chunksOf, start } from './call.mjs';
import { GRPC_WEB, message, serve, stoppedServer } from './server.mjs';

describe('a request that is not gRPC-Web', () => {
  const ID = '1000';
  const headers = { 'content-type': 'application/json', 'increment-exchange': ID };
  const requests = [
    ['a URL', (url) => fetch(url, { method: 'POST', headers })],
    ['a URL with the content type of gRPC-Web', (url) => fetch(url, { method: 'POST', headers: { ...headers, ...GRPC_WEB } })],
    ['a request', (url) => fetch(new Request(url, { method: 'POST', headers }))],
  ];
  for (const [name, send] of requests) {
    test(`passes through unchanged: ${name}`, async (t) => {
      let received;
      const url = await serve(t, (response, request) => {
        received = request.headers;
        response.writeHead(502, { 'content-type': 'text/plain' }).end(WHOLE);
      });
      const response = await send(url);
      assert.deepEqual([response.status, response.headers.get('increment-failure')], [502, null]);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), WHOLE);
      assert.equal(received['increment-exchange'], ID);
      assert.equal(takeExchange(Number(ID)), undefined);
    });
  }

  test('rejects where the server does not respond', async () => {
    await assert.rejects(fetch(await stoppedServer()), { name: 'TypeError' });
  });
});

describe('the record of an exchange', () => {
  const answer = (response) => response.writeHead(200, { ...GRPC_WEB, 'x-answer': '1' }).end(WHOLE);

  test('has what was sent and received, and its mark is not sent', async (t) => {
    let sent;
    const url = await serve(t, (response, { headers }, body) => {
      sent = { headers, body };
      answer(response);
    });
    const { request, response } = (await call(url, { headers: { 'grpc-timeout': '5S' } })).recorded;
    assert.equal(request.startLine, 'POST /increment.v1.IncrementService/Increment');
    assert.deepEqual(request.headers, [['content-type', 'application/grpc-web+proto'], ['grpc-timeout', '5S']]);
    for (const [name, value] of request.headers) assert.equal(sent.headers[name], value);
    assert.equal('increment-exchange' in sent.headers, false);
    assert.deepEqual([sent.body, Buffer.from(request.body), request.isTruncated], [REQUEST, REQUEST, false]);
    assert.equal(response.startLine, 'HTTP 200');
    assert.equal(new Map(response.headers).get('x-answer'), '1');
  });

  test('has the first 64 KiB of a body', async (t) => {
    const long = message(new Uint8Array(70_000).fill(7));
    const url = await serve(t, (response) => response.writeHead(200, GRPC_WEB).end(Buffer.concat([long, TRAILERS])));
    const { chunks, recorded } = await call(url);
    assert.deepEqual(chunks, [long, TRAILERS]);
    assert.deepEqual(Buffer.from(recorded.response.body), long.subarray(0, 64 << 10));
    assert.deepEqual([recorded.response.isTruncated, recorded.isComplete], [true, true]);
  });

  test('is taken once', async (t) => {
    const { id, promise } = start(await serve(t, answer));
    await chunksOf(await promise);
    assert.notEqual(takeExchange(id), undefined);
    assert.equal(takeExchange(id), undefined);
  });

  test('is evicted by 128 more recent ones', async (t) => {
    const url = await serve(t, answer);
    const ids = [];
    for (let count = 0; count < 129; count++) {
      const { id, promise } = start(url);
      await chunksOf(await promise);
      ids.push(id);
    }
    assert.deepEqual(ids.map((id) => takeExchange(id) !== undefined), [false, ...Array(128).fill(true)]);
  });

  test('is made of marked calls alone', async (t) => {
    const { recorded, chunks } = await call(await serve(t, answer), { headers: { 'increment-exchange': '' } });
    assert.deepEqual([recorded, takeExchange(0)], [undefined, undefined]);
    assert.deepEqual(chunks, [FIRST, SECOND, TRAILERS], 'an unmarked call is corrected too');
  });
});
