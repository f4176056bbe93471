// Captures the bodies of plaintext calls over HTTP/1.1 with tshark.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { temporaryFolder } from './folders.mjs';

/** The path of the request that ends the capture. */
const LAST = '/the-end';

/** The maximum duration of a capture, in seconds. */
const MAX_DURATION = 120;

/** Captures `port` during `run`; returns the request and response bodies of `path` as hex, and the names of the request headers. */
export async function captureBodies(port, path, run) {
  const file = join(temporaryFolder(), 'calls.pcapng');
  const asHttp = ['-d', `tcp.port==${port},http`, '--disable-protocol', 'grpc'];
  const tshark = spawn('tshark', ['-i', 'lo', '-f', `tcp port ${port}`, ...asHttp, '-w', file, '-P', '-l', '-a', `duration:${MAX_DURATION}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(tshark, 'exit');
  try {
    await waitForOutput(tshark, tshark.stderr, 'Capture started');
    await run();
    // Earlier packets precede this one in the capture.
    await fetch(`http://127.0.0.1:${port}${LAST}`);
    await waitForOutput(tshark, tshark.stdout, LAST);
  } finally {
    tshark.kill('SIGINT');
    await ended;
  }
  const fields = ['http.request.uri', 'http.request.line', 'media.type', 'http.response_for.uri', 'http.response.code'];
  const ofPath = `http.request.uri == "${path}" || http.response_for.uri contains "${path}"`;
  const printed = execFileSync('tshark', ['-r', file, ...asHttp,
    '-Y', ofPath, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])], { encoding: 'utf8' });
  const rows = printed.split('\n').map((line) => line.split('\t'));
  const requests = rows.filter(([uri, , , , code]) => uri === path && !code);
  const responses = rows.filter(([, , , uri, code]) => uri?.endsWith(path) && code);
  return requests.map(([, lines, body], index) => ({
    request: body,
    response: responses[index]?.[2],
    names: lines.toLowerCase().match(/[a-z][\w-]*(?=: )/g) ?? [],
  }));
}

async function waitForOutput(tshark, stream, expected) {
  let text = '';
  let hasExited = false;
  stream.setEncoding('utf8').on('data', (more) => (text += more));
  const ended = once(tshark, 'exit').then(() => (hasExited = true));
  while (!text.includes(expected)) {
    await Promise.race([once(stream, 'data'), ended]);
    if (hasExited) throw new Error(`tshark ended early: ${text}`);
  }
}
