// A server apart from the demo's, for the tests that stop it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { root } from './demo.mjs';
import { temporaryFolder } from './folders.mjs';

const PROGRAM = process.env.E2E_SERVER ?? `${root}target/debug/increment-server`;

/** Starts a server with the demo's certificates and the release page; port 0 takes a free one. */
export async function startServer({ port = 0, data = temporaryFolder(), options = [] } = {}) {
  const child = spawn(PROGRAM, ['--listen', `127.0.0.1:${port}`, '--page', 'dist', '--data', data, ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), ended.then(() => [''])]);
  const found = line.match(/^listening https:\/\/127\.0\.0\.1:(\d+)/m);
  if (!found) throw new Error('increment-server ended before it listened');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { port: Number(found[1]), data, url: `https://localhost:${found[1]}`, stop };
}
