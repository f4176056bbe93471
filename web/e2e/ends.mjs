// The demo ends as a whole, whether it is told to or cannot start.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { leftOvers, runDemo } from './demo.mjs';

// A demo that does not end is a failure, not a wait.
const PATIENCE = { timeout: 120_000 };

export function ends(demo) {
  for (const option of ['--page-port', '--listen-port']) {
    const other = option === '--page-port' ? '--listen-port' : '--page-port';
    test(`a second demo names the ${option} that is in use`, PATIENCE, async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address();
      const second = runDemo([option, String(port), other, '0']);
      const [code] = await second.ended;
      taken.close();
      assert.equal(code, 1, second.output());
      assert.match(second.output(), new RegExp(`${port}\\b.*(in use|uses this port)`));
    });
  }

  test('SIGTERM ends the demo, its programs and their ports', PATIENCE, async () => {
    const ports = [demo.server, demo.trunk].map((url) => Number(new URL(url).port));
    assert.equal(leftOvers(ports[1]).length, 2, 'the server and trunk are found while they run');
    demo.process.kill('SIGTERM');
    const [code, signal] = await demo.ended;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, demo.output());
    assert.deepEqual(leftOvers(ports[1]), []);
    for (const port of ports) {
      const again = createServer().listen(port, '127.0.0.1');
      await once(again, 'listening');
      again.close();
    }
  });
}
