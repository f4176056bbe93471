// The deadline of a call: sent to the server, and enforced by both sides.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { VIEWPORTS, assertUsable } from './views.mjs';
import { cancelled, sharedVisit } from './visit.mjs';

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

/** Measures delays: nothing else runs beside it. */
export function enforcedDeadlines(browser, site) {
  describe(`deadlines enforced by the page at ${site.name}`, () => {
    const on = sharedVisit(browser, site);
    for (const viewport of VIEWPORTS) {
      for (const ms of [1, 300]) {
        test(`${viewport.width} px wide, a deadline of ${ms} ms is enforced by the page without a response`, on(async (page) => {
          await page.deadline.fill(String(ms));
          const ended = cancelled(page.page, 'Increment');
          await page.send.click();
          await page.failure.getByText(new RegExp(`deadline of ${ms}\\sms`)).waitFor();
          assert.equal(await page.failure.getAttribute('data-code'), 'DEADLINE_EXCEEDED');
          const elapsed = parseFloat(await page.rows.first().locator('td').last().innerText());
          assert.ok(elapsed >= ms && elapsed <= ms + MAX_DELAY, `it was exceeded after ${elapsed} ms`);
          assert.equal((await ended).headers()['grpc-timeout'], `${ms}m`);
          await assertUsable(page.page, viewport.width);
        }, { viewport, routes: { '**/Increment': () => {} }, expected: CANCELLED }));
      }
    }
  });
}

export function deadlines(browser, site) {
  describe('deadlines', () => {
    const on = sharedVisit(browser, site);

    test('a deadline that is exceeded at the server has its message', on(async (page) => {
      await page.deadline.fill('60000');
      await page.send.click();
      await page.failure.waitFor();
      assert.equal(await page.failure.getAttribute('data-code'), 'DEADLINE_EXCEEDED');
      assert.match(await page.failure.innerText(), /the deadline of 60s passed/);
      assert.equal(page.calls[0].headers()['grpc-timeout'], '60000m');
    }, { routes: { '**/Increment': (route) => route.fulfill({ headers: EXCEEDED }) } }));

    test('calls within their deadline succeed, and without one no header is sent', on(async (page) => {
      for (const [index, [ms, sent]] of [['', undefined], ['600000', '600000m']].entries()) {
        await page.deadline.fill(ms);
        await page.send.click();
        await page.waitForRows(index + 1);
        assert.equal(page.calls[index].headers()['grpc-timeout'], sent);
      }
      assert.equal(await page.failure.count(), 0);
    }));

    test('an invalid deadline is rejected, and nothing is sent', on(async (page) => {
      for (const ms of ['0', '-5', '1.5', '600001']) {
        await page.deadline.fill(ms);
        await page.send.click();
        assert.equal(await page.deadline.evaluate((field) => field === document.activeElement), true);
      }
      await page.deadline.fill('');
      await page.sendNumber('7');
      assert.deepEqual(await page.waitForRows(1), [{ sent: '7', returned: '8' }]);
      assert.equal(page.calls.length, 1);
    }));
  });
}
