// What tshark captures of calls in clear text over HTTP/1.1: the bodies as they travelled.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { temporaryFolder } from './folders.mjs';

/** Longer than any test, in seconds. */
const LONGEST = 120;

/** Captures at `port` while `act` runs; the request and the response to `path`, as hex, and the names of the request's headers. */
export async function captureBodies(port, path, act) {
  const file = join(temporaryFolder(), 'calls.pcapng');
  const tshark = spawn('tshark', ['-i', 'lo', '-f', `tcp port ${port}`, '-w', file, '-a', `duration:${LONGEST}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(tshark, 'exit');
  try {
    await began(tshark);
    await act();
    // The last packets may still be on their way to it.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  } finally {
    tshark.kill('SIGINT');
    await ended;
  }
  const fields = ['http.request.uri', 'http.request.line', 'media.type', 'http.response_for.uri', 'http.response.code'];
  const printed = execFileSync('tshark', ['-r', file, '-d', `tcp.port==${port},http`, '--disable-protocol', 'grpc',
    '-Y', 'http', '-T', 'fields', ...fields.flatMap((field) => ['-e', field])], { encoding: 'utf8' });
  const rows = printed.split('\n').map((line) => line.split('\t'));
  const requests = rows.filter(([uri, , , , code]) => uri === path && !code);
  const responses = rows.filter(([, , , uri, code]) => uri?.endsWith(path) && code);
  return requests.map(([, lines, body], index) => ({
    request: body,
    response: responses[index]?.[2],
    names: lines.toLowerCase().match(/[a-z][\w-]*(?=: )/g) ?? [],
  }));
}

async function began(tshark) {
  let said = '';
  tshark.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  while (!said.includes('Capture started')) {
    const [, code] = await Promise.race([once(tshark.stderr, 'data').then(() => [0]), once(tshark, 'exit').then(([code]) => [0, code])]);
    if (code !== undefined) throw new Error(`tshark ended early: ${said}`);
  }
}
