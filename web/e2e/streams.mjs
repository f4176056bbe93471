// The count-up stream: finite, unlimited, stopped and failed.

import assert from 'node:assert/strict';
import { get } from 'node:http';
import { describe, test } from 'node:test';
import { text } from 'node:stream/consumers';

import { contentWidth, partsOfCountUp } from './parts.mjs';
import { startServer } from './server.mjs';
import { VIEWPORTS } from './views.mjs';
import { WITHOUT_DESCRIBE, cancelled, sharedVisit, visit } from './visit.mjs';

/** The number of values displayed: the newest. */
const SHOWN = 20;

/** The calls in flight of an idle page: the stream of access counts. */
const COUNTS = 1;

// The error that the browser logs for a cancelled stream.
const CANCELLED = /^failed: .*CountUp net::ERR_ABORTED/;

export function streams(browser, site) {
  test('before the first stream, the page describes what will appear', () => visit(browser, site.url, ({ page }) =>
    partsOfCountUp(page).status.filter({ hasText: 'appear here' }).waitFor()));

  describe('streams', () => {
    const on = sharedVisit(browser, site);

    for (const viewport of VIEWPORTS) {
      test(`${viewport.width} px wide, the requested number of values is received`, on(async ({ page }) => {
        const parts = partsOfCountUp(page);
        await parts.start('5681', '5', '10');
        await parts.status.filter({ hasText: 'Complete, 5 values' }).waitFor();
        assert.deepEqual(await parts.displayed(), ['5682', '5683', '5684', '5685', '5686']);
        assert.ok((await contentWidth(page)) <= viewport.width);
      }, { viewport }));

      test(`${viewport.width} px wide, the error after the last value is displayed after it`, on(async ({ page }) => {
        const parts = partsOfCountUp(page);
        await parts.start('9223372036854775805', '', '10');
        await parts.status.and(page.locator('[data-code=OUT_OF_RANGE]')).waitFor();
        assert.deepEqual(await parts.displayed(), ['9223372036854775806', '9223372036854775807']);
        assert.match(await parts.status.innerText(), /^OUT_OF_RANGE: .*, 2 values$/);
        assert.ok((await contentWidth(page)) <= viewport.width);
        await parts.start('1', '1', '10');
        await parts.status.filter({ hasText: 'Complete, 1 value' }).waitFor();
        assert.equal(await parts.status.getAttribute('data-code'), '');
      }, { viewport }));
    }

    test('the newest values are displayed, and all are counted', on(async ({ page }) => {
      const parts = partsOfCountUp(page);
      await parts.start('', '50', '10');
      await parts.status.filter({ hasText: 'Complete, 50 values' }).waitFor();
      assert.deepEqual(await parts.displayed(), Array.from({ length: SHOWN }, (_, index) => String(31 + index)));
    }));

    test('values arrive one by one, the first before the last is sent', on(async ({ page }) => {
      const parts = partsOfCountUp(page);
      await parts.start('-2', '2', '1500');
      await parts.values.first().and(page.getByText('-1', { exact: true })).waitFor();
      assert.deepEqual(await parts.displayed(), ['-1']);
      await parts.status.filter({ hasText: 'Complete' }).waitFor();
      assert.deepEqual(await parts.displayed(), ['-1', '0']);
    }));

    test('an invalid field is reported, and nothing is sent', on(async ({ page, calls }) => {
      const parts = partsOfCountUp(page);
      for (const [index, texts] of [['x', '', '200'], ['', '-1', '200'], ['', '', '9']].entries()) {
        await parts.start(...texts);
        const invalid = await parts.fields.evaluateAll((all) => all.map((field) => field.getAttribute('aria-invalid') === 'true' || !field.validity.valid));
        assert.deepEqual(invalid, [0, 1, 2].map((place) => place === index));
        if (index === 0) {
          assert.match(await parts.status.innerText(), /not a whole number/);
          await parts.start('1', '1', '10');
          await parts.status.filter({ hasText: 'Complete, 1 value' }).waitFor();
        }
      }
      assert.equal(calls.filter((call) => call.url().endsWith('/CountUp')).length, 1);
    }));
  });

  test('the stream starts and stops by keyboard', () => visit(browser, site.url, async ({ page }) => {
    const parts = partsOfCountUp(page);
    await parts.fields.nth(2).fill('10');
    await parts.fields.nth(2).press('Enter');
    await parts.values.nth(2).waitFor();
    await parts.stop.press('Space');
    await parts.status.filter({ hasText: 'Stopped' }).waitFor();
  }, { expected: CANCELLED }));
}

export function streamsOfOneServer(browser) {
  test('an unlimited stream runs until it is stopped, and so does the server\'s handler', async (t) => {
    const server = await startServer({ options: ['--metrics-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    await visit(browser, server.url, async ({ page, live }) => {
      await live.waitFor();
      const parts = partsOfCountUp(page);
      await parts.start('5681', '', '10');
      await parts.values.nth(SHOWN - 1).waitFor();
      assert.equal(await inFlight(server.metrics), COUNTS + 1);
      const ended = cancelled(page, 'CountUp');
      await parts.stop.click();
      await ended;
      await parts.status.filter({ hasText: 'Stopped' }).waitFor();
      // The frame that cancels it may still be in flight.
      while ((await inFlight(server.metrics)) > COUNTS) await page.evaluate(() => new Promise(requestAnimationFrame));
    }, { expected: CANCELLED, routes: WITHOUT_DESCRIBE });
  });

  test('a new start replaces a running stream', async (t) => {
    const server = await startServer({ options: ['--metrics-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    await visit(browser, server.url, async ({ page, live }) => {
      await live.waitFor();
      const parts = partsOfCountUp(page);
      await parts.start('0', '', '20');
      await parts.values.first().waitFor();
      await parts.start('1000', '2', '20');
      await parts.status.filter({ hasText: 'Complete, 2 values' }).waitFor();
      assert.deepEqual(await parts.displayed(), ['1001', '1002']);
      assert.equal(await inFlight(server.metrics), COUNTS);
    }, { expected: CANCELLED, routes: WITHOUT_DESCRIBE });
  });
}

/** Returns the number of calls in flight at the server. */
async function inFlight(metrics) {
  const response = await new Promise((resolve, reject) => get(`${metrics}/metrics`, resolve).on('error', reject));
  return Number((await text(response)).match(/^oneport_calls_in_flight (\d+)$/m)[1]);
}
