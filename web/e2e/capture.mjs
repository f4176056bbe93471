// What tshark captures of calls in clear text over HTTP/1.1: the bodies as they travelled.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { temporaryFolder } from './folders.mjs';

/** What nobody else asks for: the end of what is captured. */
const LAST = '/the-end';

/** Longer than any test, in seconds. */
const LONGEST = 120;

/** Captures at `port` while `act` runs; the request and the response to `path`, as hex, and the names of the request's headers. */
export async function captureBodies(port, path, act) {
  const file = join(temporaryFolder(), 'calls.pcapng');
  const asHttp = ['-d', `tcp.port==${port},http`, '--disable-protocol', 'grpc'];
  const tshark = spawn('tshark', ['-i', 'lo', '-f', `tcp port ${port}`, ...asHttp, '-w', file, '-P', '-l', '-a', `duration:${LONGEST}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(tshark, 'exit');
  try {
    await said(tshark, tshark.stderr, 'Capture started');
    await act();
    // The last packets may still be on their way to it: this one comes after them.
    await fetch(`http://127.0.0.1:${port}${LAST}`);
    await said(tshark, tshark.stdout, LAST);
  } finally {
    tshark.kill('SIGINT');
    await ended;
  }
  const fields = ['http.request.uri', 'http.request.line', 'media.type', 'http.response_for.uri', 'http.response.code'];
  const printed = execFileSync('tshark', ['-r', file, ...asHttp,
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

async function said(tshark, stream, words) {
  let text = '';
  let isOver = false;
  stream.setEncoding('utf8').on('data', (more) => (text += more));
  const ended = once(tshark, 'exit').then(() => (isOver = true));
  while (!text.includes(words)) {
    await Promise.race([once(stream, 'data'), ended]);
    if (isOver) throw new Error(`tshark ended early: ${text}`);
  }
}
