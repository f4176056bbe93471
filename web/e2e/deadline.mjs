// The deadline of a call: sent to the server, and enforced by both sides.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { violations } from './axe.mjs';
import { visit } from './visit.mjs';

/** The maximum delay of DEADLINE_EXCEEDED, in milliseconds. */
const MAX_DELAY = 50;

// The error that the browser logs for a cancelled call.
const CANCELLED = /^failed: .*\/Increment net::ERR_ABORTED/;

/** The server's response to a call past its deadline. */
const EXCEEDED = {
  'content-type': 'application/grpc-web+proto',
  'grpc-status': '4',
  'grpc-message': 'the deadline of 60s passed',
};

export function deadlines(browser, url) {
  const on = (run, options) => () => visit(browser, url, run, options);
  const set = ({ page }, ms) => page.getByTestId('deadline').fill(String(ms));

  for (const [width, ms] of [[360, 1], [360, 300], [1280, 1], [1280, 300]]) {
    test(`${width} px wide, a deadline of ${ms} ms is enforced by the page without a response`, on(async (page) => {
      await set(page, ms);
      const cancelled = page.page.waitForEvent('requestfailed');
      await page.send.click();
      await page.failure.waitFor();
      assert.equal(await page.failure.getAttribute('data-code'), 'DEADLINE_EXCEEDED');
      assert.match(await page.failure.innerText(), new RegExp(`deadline of ${ms}\\sms`));
      const elapsed = parseFloat(await page.rows.first().locator('td').last().innerText());
      assert.ok(elapsed >= ms && elapsed <= ms + MAX_DELAY, `it was exceeded after ${elapsed} ms`);
      assert.equal((await cancelled).headers()['grpc-timeout'], `${ms}m`);
      assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      assert.deepEqual(await violations(page.page), []);
    }, { viewport: { width, height: 900 }, routes: { '**/Increment': () => {} }, expected: CANCELLED }));
  }

  test('a deadline that is exceeded at the server has its message', on(async (page) => {
    await set(page, 60_000);
    await page.send.click();
    await page.failure.waitFor();
    assert.equal(await page.failure.getAttribute('data-code'), 'DEADLINE_EXCEEDED');
    assert.match(await page.failure.innerText(), /the deadline of 60s passed/);
    assert.equal(page.calls[0].headers()['grpc-timeout'], '60000m');
  }, { routes: { '**/Increment': (route) => route.fulfill({ headers: EXCEEDED }) } }));

  test('calls within their deadline succeed, and without one no header is sent', on(async (page) => {
    for (const [index, [ms, sent]] of [['', undefined], [600_000, '600000m']].entries()) {
      await set(page, ms);
      await page.send.click();
      await page.waitForRows(index + 1);
      assert.equal(page.calls[index].headers()['grpc-timeout'], sent);
    }
    assert.equal(await page.failure.count(), 0);
  }));

  test('an invalid deadline is rejected, and nothing is sent', on(async (page) => {
    for (const ms of ['0', '-5', '1.5', '600001']) {
      await set(page, ms);
      await page.send.click();
      assert.equal(await page.page.getByTestId('deadline').evaluate((field) => field === document.activeElement), true);
    }
    await set(page, '');
    await page.sendNumber('7');
    assert.deepEqual(await page.waitForRows(1), [{ sent: '7', returned: '8' }]);
    assert.equal(page.calls.length, 1);
  }));
}
