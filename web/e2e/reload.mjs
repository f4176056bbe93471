// The demo follows its sources: both addresses reload the page, and the server is built and restarted.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';

import { root } from './demo.mjs';
import { visit } from './visit.mjs';

// Long enough for a build beside other work.
const TIMEOUT = { timeout: 300_000 };

/** Rewrites a file unchanged: an event for watchers, but not a change for git. */
const touch = (file) => writeFileSync(root + file, readFileSync(root + file));

export function reload(browser, demo) {
  test('both addresses reload the page when a source changes', () =>
    visit(browser, demo.server, (one) => visit(browser, demo.trunk, async (two) => {
      const reloaded = [one, two].map(({ page }) => page.waitForEvent('domcontentloaded', TIMEOUT));
      touch('index.html');
      await Promise.all(reloaded);
      for (const { send, waitForRows } of [one, two]) {
        await send.click();
        assert.equal((await waitForRows(1)).length, 1);
      }
      // A reload cancels what the page was loading.
    }, { expected: /net::ERR_ABORTED/ }), { expected: /net::ERR_ABORTED/ }));

  test('the server serves on when its source does not build', TIMEOUT, async (t) => {
    // A program of its own: no file of git's is changed.
    const broken = `${root}crates/server/src/bin/broken.rs`;
    t.after(() => rmSync(dirname(broken), { recursive: true, force: true }));
    mkdirSync(dirname(broken));
    writeFileSync(broken, 'compile_error!("broken by a test");\n');
    await demo.waitFor(/broken by a test[^]*sources do not build/);
    await clickAndCount(browser, demo.server);
  });

  test('the server is built and restarted, with its counts, when its source changes', TIMEOUT, async () => {
    const before = await clickAndCount(browser, demo.server);
    touch('crates/server/src/main.rs');
    await demo.waitFor(/built from its changed sources and restarted/);
    for (const url of [demo.server, demo.trunk]) assert.ok((await clickAndCount(browser, url)) > before, url);
  });
}

/** Clicks once on a new page and returns the number of accesses. */
async function clickAndCount(browser, url) {
  let count;
  await visit(browser, url, async ({ page, live, send, waitForRows, accesses }) => {
    await live.waitFor();
    await send.click();
    await waitForRows(1);
    await page.getByTestId('access-total').and(page.locator('[data-count]:not([data-count="0"])')).waitFor();
    count = BigInt((await accesses()).total);
  });
  return count;
}
