// Responses in pieces that arrive one by one: the server writes a piece when the previous one has been read from `fetch`. What
// is written without a pause may arrive in one chunk.

import { EventEmitter, once } from 'node:events';

const nodeFetch = globalThis.fetch;
const arrivals = new EventEmitter();

/** Node's `fetch`, which reports each chunk of a response when it is read. Import this file before `fetch.js`, which wraps it. */
globalThis.fetch = async (request, init) => {
  const response = await nodeFetch(request, init);
  if (!response.body) return response;
  const report = new TransformStream({
    transform(chunk, controller) {
      arrivals.emit('chunk', Buffer.from(chunk));
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(report), response);
};

/** Writes the pieces; returns the chunks that were read. The caller must be reading. */
export async function writePieces(response, pieces) {
  const chunks = [];
  for (const piece of pieces) {
    response.write(piece);
    chunks.push((await once(arrivals, 'chunk'))[0]);
  }
  return chunks;
}
