// The demo on free ports, for all browser tests.

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const ca = `${root}certs/ca.pem`;
export const reportToken = `${root}certs/report.token`;

/** Starts `cargo xtask demo`; `started` resolves, when it prints both addresses, to the same with these. */
export function startDemo() {
  const demo = runDemo(['--listen-port', '0', '--page-port', '0']);
  return { ...demo, started: waitForAddresses(demo) };
}

async function waitForAddresses(demo) {
  const trunk = await demo.waitFor(/http:\/\/localhost:\d+(?=\s)/);
  return { ...demo, server: await demo.waitFor(/https:\/\/localhost:\d+(?=\s)/), trunk };
}

/**
 * Runs `cargo xtask demo`; `ended` resolves to its exit code and signal, `end` does not wait for it. `waitFor` waits until its
 * output matches, and returns the match.
 */
export function runDemo(options) {
  let output = '';
  const outputs = new EventEmitter();
  const child = spawn('cargo', ['xtask', 'demo', ...options], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => outputs.emit('more', (output += text)));
  }
  const ended = once(child, 'close');
  let hasEnded = false;
  ended.then(() => (hasEnded = true));
  const waitFor = async (pattern) => {
    while (!pattern.test(output)) {
      if (hasEnded) throw new Error(`the demo ended early:\n${output}`);
      await Promise.race([once(outputs, 'more'), ended]);
    }
    return output.match(pattern)[0];
  };
  const end = () => {
    child.kill('SIGTERM');
    // Processes that it started may hold these open.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  return { process: child, output: () => output, ended, end, waitFor };
}

/** Returns the command lines of running processes of the demo with this page port. */
export function runningProcesses(pagePort) {
  const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(commandLine);
  return lines.filter((line) => line.includes(`demo/${pagePort}/`));
}

function commandLine(process) {
  try {
    return readFileSync(`/proc/${process}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it has exited
  }
}
