// Responses in chunks of one byte, as a proxy may split them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { startProxy } from './proxy.mjs';
import { startServer } from './server.mjs';
import { visit } from './visit.mjs';

const CLICKS = 20;
const INCREMENT = { service: 'increment.v1.IncrementService', method: 'Increment', protocol: 'grpc-web' };

export function chunks(browser) {
  test('responses are decoded byte by byte', async (t) => {
    // A separate server with few counts: byte by byte, those of a shared server would take too long.
    const server = await startServer();
    t.after(server.stop);
    const proxy = await startProxy(server.url, { respond: writeByteByByte });
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
      // And the stream of counts, and the description of the connection.
      assert.equal(proxy.responses(), CLICKS + 2);
    });
  });
}

async function writeByteByByte(outgoing, response) {
  outgoing.socket.setNoDelay(true);
  for await (const chunk of response) {
    for (const byte of chunk) {
      outgoing.write(Buffer.of(byte));
      // The browser reads the byte before the next one arrives.
      await setTimeout(2);
    }
  }
  outgoing.end();
}
