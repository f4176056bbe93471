// The chunks of a response that a caller of `fetch` reads through `web/fetch.js`: whole frames, up to the end.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { FIRST, SECOND, TRAILERS, WHOLE, assertRecorded, call, start } from './call.mjs';
import { writePieces } from './pieces.mjs';
import { GRPC_WEB, message, serve } from './server.mjs';

describe('whole frames', () => {
  const cuts = Array.from(WHOLE.subarray(1), (_, at) => [WHOLE.subarray(0, at + 1), WHOLE.subarray(at + 1)]);
  const bytes = Array.from(WHOLE, (byte) => Buffer.of(byte));
  const ways = [
    ...cuts.map((pieces) => [`a response cut after byte ${pieces[0].length} of ${WHOLE.length}`, pieces]),
    ['single bytes', bytes],
    ['one piece', [WHOLE]],
    ['pieces that are whole frames', [FIRST, SECOND, TRAILERS]],
  ];
  for (const [way, pieces] of ways) {
    test(`are read from ${way}`, async (t) => {
      let arrived;
      const url = await serve(t, async (response) => {
        arrived = await writePieces(response.writeHead(200, GRPC_WEB), pieces);
        response.end();
      });
      const { chunks, recorded } = await call(url);
      assert.deepEqual(arrived, pieces, 'the browser reads the pieces');
      assert.deepEqual(chunks, [FIRST, SECOND, TRAILERS]);
      assertRecorded(recorded, WHOLE, { isComplete: true });
    });
  }

  test('are read before the response ends, the trailers after it', async (t) => {
    let isEnded = false;
    const url = await serve(t, async (response) => {
      await writePieces(response.writeHead(200, GRPC_WEB), [FIRST, TRAILERS]);
      // By the next turn of the event loop, the caller would have read the trailers.
      setImmediate(() => response.end(() => (isEnded = true)));
    });
    const reader = (await start(url).promise).body.getReader();
    assert.deepEqual(Buffer.from((await reader.read()).value), FIRST);
    assert.deepEqual([Buffer.from((await reader.read()).value), isEnded], [TRAILERS, true]);
  });

  test('end with the start of a frame where the response is truncated', async (t) => {
    const url = await serve(t, (response) => response.writeHead(200, GRPC_WEB).end(WHOLE.subarray(0, 14)));
    const { chunks, recorded } = await call(url);
    assert.deepEqual(chunks, [FIRST, SECOND.subarray(0, 3)]);
    assertRecorded(recorded, WHOLE.subarray(0, 14), { isComplete: true });
  });

  test('end with an error where the connection breaks', async (t) => {
    const url = await serve(t, async (response) => {
      await writePieces(response.writeHead(200, GRPC_WEB), [FIRST, SECOND.subarray(0, 3)]);
      response.destroy();
    });
    const { id, promise } = start(url);
    const reader = (await promise).body.getReader();
    assert.deepEqual(Buffer.from((await reader.read()).value), FIRST);
    await assert.rejects(reader.read(), { name: 'TypeError' });
    assertRecorded(takeExchange(id), WHOLE.subarray(0, 14), { isComplete: false });
  });

  test('have at most 4 MiB', async (t) => {
    const longest = message(new Uint8Array(4 << 20));
    const tooLong = Buffer.from(longest.subarray(0, 5));
    tooLong.writeUInt32BE((4 << 20) + 1, 1);
    const url = await serve(t, (response, request) =>
      response.writeHead(200, GRPC_WEB).end(request.headers['x-long'] ? tooLong : longest));
    const { chunks } = await call(url);
    assert.deepEqual(chunks.map(({ length }) => length), [longest.length]);
    await assert.rejects(call(url, { headers: { 'x-long': 'yes' } }), { name: 'RangeError', message: /4194305 bytes/ });
  });

  test('are followed by at most 4 MiB', async (t) => {
    const endless = Buffer.concat([WHOLE, Buffer.alloc((4 << 20) + 5)]);
    const url = await serve(t, (response) => response.writeHead(200, GRPC_WEB).end(endless));
    await assert.rejects(call(url), { name: 'RangeError', message: /after its messages/ });
  });

  test('are not sought in base64', async (t) => {
    const headers = { 'content-type': 'application/grpc-web-text+proto' };
    const text = Buffer.from(WHOLE.toString('base64'));
    const url = await serve(t, (response) => response.writeHead(200, headers).end(text));
    assert.deepEqual(Buffer.concat((await call(url, { headers })).chunks), text);
  });
});

describe('the end of a response', () => {
  test('with its status in the headers is read although the caller does not', async (t) => {
    const headers = { ...GRPC_WEB, 'grpc-status': 11, 'grpc-message': 'too large' };
    const url = await serve(t, async (response) => {
      response.writeHead(200, headers).flushHeaders();
      setImmediate(() => response.end());
    });
    const { id, promise } = start(url);
    const response = await promise;
    assert.deepEqual([response.status, response.headers.get('grpc-status')], [200, '11']);
    const recorded = takeExchange(id);
    assertRecorded(recorded, Buffer.alloc(0), { isComplete: true });
    assert.equal(new Map(recorded.response.headers).get('grpc-message'), 'too large');
  });

  test('without messages and status is the end for the caller', async (t) => {
    const url = await serve(t, (response) => response.writeHead(200, GRPC_WEB).end());
    const { chunks, recorded } = await call(url);
    assert.deepEqual(chunks, []);
    assertRecorded(recorded, Buffer.alloc(0), { isComplete: true });
  });
});
