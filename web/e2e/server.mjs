// A separate server, for tests that stop or configure it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { root } from './demo.mjs';
import { temporaryFolder } from './folders.mjs';

const PROGRAM = process.env.E2E_SERVER ?? `${root}target/debug/increment-server`;

/**
 * Starts a server with the demo's certificates and a page, the release page by default; port 0 selects a free one. Returns all
 * `addresses`, and the first `plaintext` and `metrics` address if `options` configure one.
 */
export async function startServer({ port: wanted = 0, data = temporaryFolder(), options = [], page = 'dist' } = {}) {
  const child = spawn(PROGRAM, ['--listen', `127.0.0.1:${wanted}`, '--page', page, '--data', data, ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = 1 + options.filter((option) => option.endsWith('-listen')).length;
  const output = await readLines(child.stdout, lines, ended);
  const port = output.match(/^listening https:\/\/127\.0\.0\.1:(\d+)/m)[1];
  const plaintext = output.match(/^listening (http:.*)/m)?.[1];
  const addresses = Array.from(output.matchAll(/^listening (https?:.*)/gm), ([, address]) => address);
  const metrics = output.match(/^listening metrics (.*)/m)?.[1];
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { port: Number(port), data, url: `https://localhost:${port}`, addresses, plaintext, metrics, stop };
}

/** Reads this many lines; the server prints one for each address. */
async function readLines(stream, count, ended) {
  let output = '';
  let hasExited = false;
  stream.setEncoding('utf8').on('data', (text) => (output += text));
  ended.then(() => (hasExited = true));
  while (output.split('\n').length <= count) {
    if (hasExited) throw new Error('increment-server exited before it listened');
    await Promise.race([once(stream, 'data'), ended]);
  }
  return output;
}
