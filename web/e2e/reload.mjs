// Both addresses reload the page when a source changes.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { root } from './demo.mjs';
import { visit } from './visit.mjs';

// Long enough for a release build of the page.
const TIMEOUT = { timeout: 300_000 };

export function reload(browser, demo) {
  test('both addresses reload the page when a source changes', () =>
    visit(browser, demo.server, (one) => visit(browser, demo.trunk, async (two) => {
      const reloaded = [one, two].map(({ page }) => page.waitForEvent('domcontentloaded', TIMEOUT));
      // Rewritten unchanged: an event for watchers, but not a change for git.
      writeFileSync(`${root}index.html`, readFileSync(`${root}index.html`));
      await Promise.all(reloaded);
      for (const { send, waitForRows } of [one, two]) {
        await send.click();
        assert.equal((await waitForRows(1)).length, 1);
      }
      // A reload cancels what the page was loading.
    }, { expected: /net::ERR_ABORTED/ }), { expected: /net::ERR_ABORTED/ }));
}
