// A reverse proxy on the page's origin, optionally below a path, with configurable gRPC-Web responses.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';

import { ca } from './demo.mjs';

/**
 * Starts a proxy for the server at `url`. Forwards only requests below `mount`, without that prefix; `respond` gets the outgoing
 * and the server's response, and writes the former.
 */
export async function startProxy(url, { mount = '', respond = passThrough } = {}) {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(ca) });
  let responses = 0;
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url.startsWith(`${mount}/`)) return outgoing.writeHead(404).end();
    const { host, ...headers } = incoming.headers;
    const path = incoming.url.slice(mount.length);
    const onward = request(url + path, { method: incoming.method, headers, agent }, async (response) => {
      outgoing.writeHead(response.statusCode, withoutConnection(response.headers));
      if (!response.headers['content-type']?.startsWith('application/grpc-web')) return response.pipe(outgoing);
      responses += 1;
      // The stream of counts ends only when one of the peers disconnects.
      await respond(outgoing, response, path).catch(() => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.closeAllConnections();
    server.close();
    agent.destroy();
  };
  return { url: `http://localhost:${server.address().port}${mount}`, responses: () => responses, stop };
}

async function passThrough(outgoing, response) {
  response.pipe(outgoing);
}

function withoutConnection({ connection, 'content-length': length, 'transfer-encoding': coding, ...headers }) {
  return headers;
}
