// Answers whose every byte arrives by itself, as a proxy may cut them: none may be lost, of no stream either.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { startProxy } from './proxy.mjs';
import { startServer } from './server.mjs';
import { visit } from './visit.mjs';

const CLICKS = 20;
const INCREMENT = { service: 'increment.v1.IncrementService', method: 'Increment', protocol: 'grpc-web' };

export function chunks(browser) {
  test('answers that arrive byte by byte are all understood', async (t) => {
    // Its counts are few: byte by byte, those of a server that many tests called would take too long.
    const server = await startServer();
    t.after(server.stop);
    const proxy = await startProxy(server.url, { answer: writeByteByByte });
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
      assert.equal(proxy.answers(), CLICKS + 2);
    });
  });
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
