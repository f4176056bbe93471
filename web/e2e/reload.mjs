// Both addresses load the page again when one of its sources changes.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { root } from './demo.mjs';
import { visit } from './visit.mjs';

// A release build of the page lies in between.
const PATIENCE = { timeout: 300_000 };

export function reload(browser, addresses) {
  test('both addresses load the page again when a source changes', () =>
    visit(browser, addresses[0], (one) => visit(browser, addresses[1], async (two) => {
      const reloaded = [one, two].map(({ page }) => page.waitForEvent('domcontentloaded', PATIENCE));
      // Written anew as it is: a change for those who watch, none for git.
      writeFileSync(`${root}index.html`, readFileSync(`${root}index.html`));
      await Promise.all(reloaded);
      for (const { send, waitForRows } of [one, two]) {
        await send.click();
        assert.equal((await waitForRows(1)).length, 1);
      }
      // A page that goes away breaks off what it was loading.
    }, { expected: /net::ERR_ABORTED/ }), { expected: /net::ERR_ABORTED/ }));
}
