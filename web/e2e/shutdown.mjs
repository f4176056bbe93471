// The demo terminates with all its processes, on a signal or a failed start.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { runningProcesses, runDemo } from './demo.mjs';

// A demo that does not terminate fails the test.
const TIMEOUT = { timeout: 120_000 };

export function shutdown(demo) {
  for (const option of ['--page-port', '--listen-port']) {
    const other = option === '--page-port' ? '--listen-port' : '--page-port';
    test(`a second demo reports the ${option} that is in use`, TIMEOUT, async () => {
      const occupant = createServer().listen(0, '127.0.0.1');
      await once(occupant, 'listening');
      const { port } = occupant.address();
      const second = runDemo([option, String(port), other, '0']);
      const [code] = await second.ended;
      occupant.close();
      assert.equal(code, 1, second.output());
      assert.match(second.output(), new RegExp(`${port}\\b.*(in use|uses this port)`));
    });
  }

  test('SIGTERM terminates the demo and its processes and frees their ports', TIMEOUT, async () => {
    const ports = [demo.server, demo.trunk].map((url) => Number(new URL(url).port));
    assert.equal(runningProcesses(ports[1]).length, 2, 'the server and trunk are running');
    demo.process.kill('SIGTERM');
    const [code, signal] = await demo.ended;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, demo.output());
    assert.deepEqual(runningProcesses(ports[1]), []);
    for (const port of ports) {
      const again = createServer().listen(port, '127.0.0.1');
      await once(again, 'listening');
      again.close();
    }
  });
}
