// Calls through `web/fetch.js`, and the frames of their request and response.

import assert from 'node:assert/strict';

// Before `fetch.js`, which wraps what it installs.
import './pieces.mjs';
import '../fetch.js';
import { GRPC_WEB, message, trailers } from './server.mjs';

export const REQUEST = message([0x08, 0xb1, 0x2c]);
export const FIRST = message([0x08, 0xb1, 0x2c, 0x10, 0xb2, 0x2c]);
export const SECOND = message([]);
export const TRAILERS = trailers('grpc-status: 0\r\ngrpc-message: fine\r\n');
export const WHOLE = Buffer.concat([FIRST, SECOND, TRAILERS]);

let lastId = 0;

/** Starts a call; returns its id and the promise of its response. */
export function start(url, { headers = {}, signal } = {}) {
  const id = ++lastId;
  headers = { ...GRPC_WEB, 'increment-exchange': id, ...headers };
  const request = new Request(url, { method: 'POST', headers, body: new Uint8Array(REQUEST) });
  return { id, promise: fetch(request, { signal }) };
}

/** Makes a call; returns its response, the chunks that the caller reads, and what is recorded. */
export async function call(url, options) {
  const { id, promise } = start(url, options);
  const response = await promise;
  const chunks = await chunksOf(response);
  return { response, chunks, recorded: takeExchange(id) };
}

export async function chunksOf(response) {
  const chunks = [];
  for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk));
  return chunks;
}

/** Asserts the recorded body of the response, and whether that was read to its end. */
export function assertRecorded({ response, isComplete }, bytes, expected) {
  assert.deepEqual([Buffer.from(response.body), response.isTruncated, isComplete], [bytes, false, expected.isComplete]);
}
