// Answers whose every byte arrives by itself, as a proxy may cut them: none may be lost, of no stream either.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { ca } from './demo.mjs';
import { visit } from './visit.mjs';

const CLICKS = 20;
const INCREMENT = { service: 'increment.v1.IncrementService', method: 'Increment', protocol: 'grpc-web' };

export function chunks(browser, url) {
  test('answers that arrive byte by byte are all understood', async (t) => {
    const proxy = await startProxy(url);
    t.after(proxy.stop);
    await visit(browser, proxy.url, async (page) => {
      await page.live.waitFor();
      const before = await page.countOf(INCREMENT);
      for (let number = 1; number <= CLICKS; number++) {
        await page.sendNumber(String(number));
        const [newest] = await page.waitForRows(number);
        assert.deepEqual(newest, { sent: String(number), returned: String(number + 1) });
      }
      assert.equal(await page.failure.count(), 0);
      await page.waitForCount(INCREMENT, before + BigInt(CLICKS));
      // The stream of counts is one more, the look at the connection another.
      assert.equal(proxy.cutAnswers(), CLICKS + 2);
    });
  });
}

/** A proxy on the page's own origin that hands everything through and cuts gRPC-Web answers into bytes. */
async function startProxy(url) {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(ca) });
  let cut = 0;
  const server = createServer((incoming, outgoing) => {
    const { host, ...headers } = incoming.headers;
    const onward = request(url + incoming.url, { method: incoming.method, headers, agent }, async (answer) => {
      outgoing.writeHead(answer.statusCode, withoutConnection(answer.headers));
      if (!answer.headers['content-type']?.startsWith('application/grpc-web')) return answer.pipe(outgoing);
      cut += 1;
      // The stream of counts has no end but that one of the two goes away.
      await writeByteByByte(outgoing, answer).catch(() => outgoing.destroy());
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
  return { url: `http://localhost:${server.address().port}`, cutAnswers: () => cut, stop };
}

async function writeByteByByte(outgoing, answer) {
  outgoing.socket.setNoDelay(true);
  for await (const chunk of answer) {
    for (const byte of chunk) {
      outgoing.write(Buffer.of(byte));
      // Long enough for the browser to read the byte before the next one is there.
      await setTimeout(2);
    }
  }
  outgoing.end();
}

function withoutConnection({ connection, 'content-length': length, 'transfer-encoding': coding, ...headers }) {
  return headers;
}
