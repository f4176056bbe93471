// Debian's Chromium without a window, with a temporary home in which the development CA is imported. Certificate errors are not
// ignored.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { ca } from './demo.mjs';

/** Opens a page with a third of the CPU time that `chromium --headless` takes, which draws a window for each. */
const PROGRAM = '/usr/bin/chromium-headless-shell';

/** Starts the browser; `end` closes it and removes its home. */
export async function startBrowser() {
  const home = mkdtempSync(join(tmpdir(), 'increment-browser-'));
  trust(home);
  const browser = await chromium.launch({
    executablePath: PROGRAM,
    args: ['--disable-gpu', '--disable-quic'],
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_DATA_HOME: join(home, '.local/share') },
  });
  const end = async () => {
    await browser.close();
    rmSync(home, { recursive: true, force: true });
  };
  return { browser, end };
}

/** Imports the CA into Chromium's certificate store. */
function trust(home) {
  const store = join(home, '.pki/nssdb');
  mkdirSync(store, { recursive: true });
  const certutil = (...options) => execFileSync('certutil', ['-d', `sql:${store}`, ...options]);
  certutil('-N', '--empty-password');
  certutil('-A', '-n', 'increment', '-t', 'C,,', '-i', ca);
}
