// A proxy on the page's own origin, as people put in front of a server: it hands everything through, below a path if wanted,
// and does with gRPC-Web answers as it is told.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';

import { ca } from './demo.mjs';

/**
 * Starts a proxy for the server at `url`. What lies below `mount` is handed on without it, nothing else is; `answer` gets the
 * response and the server's, and hands on what it wants.
 */
export async function startProxy(url, { mount = '', answer = handThrough } = {}) {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(ca) });
  let answers = 0;
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url.startsWith(`${mount}/`)) return outgoing.writeHead(404).end();
    const { host, ...headers } = incoming.headers;
    const path = incoming.url.slice(mount.length);
    const onward = request(url + path, { method: incoming.method, headers, agent }, async (answered) => {
      outgoing.writeHead(answered.statusCode, withoutConnection(answered.headers));
      if (!answered.headers['content-type']?.startsWith('application/grpc-web')) return answered.pipe(outgoing);
      answers += 1;
      // The stream of counts has no end but that one of the two goes away.
      await answer(outgoing, answered, path).catch(() => outgoing.destroy());
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
  return { url: `http://localhost:${server.address().port}${mount}`, answers: () => answers, stop };
}

async function handThrough(outgoing, answered) {
  answered.pipe(outgoing);
}

function withoutConnection({ connection, 'content-length': length, 'transfer-encoding': coding, ...headers }) {
  return headers;
}
