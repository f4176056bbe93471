// A real HTTP server with the responses of a test, and gRPC-Web frames.

import { once } from 'node:events';
import { createServer } from 'node:http';

export const GRPC_WEB = { 'content-type': 'application/grpc-web+proto' };

const METHOD = '/increment.v1.IncrementService/Increment';

/** Starts a server until the end of the test, and returns the URL of a method. `respond` is called with each request and its body. */
export async function serve(t, respond) {
  const server = await start(respond);
  t.after(() => stop(server));
  return urlOf(server);
}

/** Returns the URL of a server that has stopped. */
export async function stoppedServer() {
  const server = await start();
  const url = urlOf(server);
  await stop(server);
  return url;
}

async function start(respond) {
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    respond(response, request, Buffer.concat(chunks));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server) => `http://127.0.0.1:${server.address().port}${METHOD}`;

async function stop(server) {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

const frame = (flag, payload) => {
  const header = Buffer.alloc(5);
  header[0] = flag;
  header.writeUInt32BE(payload.length, 1);
  return Buffer.concat([header, payload]);
};

export const message = (payload) => frame(0, Buffer.from(payload));
export const trailers = (text) => frame(0x80, Buffer.from(text));
