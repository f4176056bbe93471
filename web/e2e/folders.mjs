// Folders for one run of the tests, gone when it ends.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = [];
process.on('exit', () => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'increment-e2e-'));
  made.push(folder);
  return folder;
}
