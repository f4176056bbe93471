// Counting up: values as they come, with an end, without one, stopped, and failed.

import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';

import { startServer } from './server.mjs';
import { WITHOUT_LOOK, visit } from './visit.mjs';

/** How many values are shown: the newest. */
const SHOWN = 20;

/** A page that is there has one call that does not end: the stream of everybody's counts. */
const COUNTS = 1;

// A stream that is broken off is noted by the browser itself.
const BROKEN_OFF = /^failed: .*CountUp net::ERR_ABORTED/;

export function streams(browser, url) {
  const on = (act, options) => () => visit(browser, url, act, options);

  for (const width of [360, 1280]) {
    test(`${width} px wide, as many values come as were asked for`, on(async ({ page }) => {
      const parts = partsOf(page);
      await parts.status.filter({ hasText: 'appear here' }).waitFor();
      await parts.begin('5681', '5', '10');
      await parts.status.filter({ hasText: 'Complete, 5 values' }).waitFor();
      assert.deepEqual(await parts.shown(), ['5682', '5683', '5684', '5685', '5686']);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
    }, { viewport: { width, height: 900 } }));
  }

  test('the newest values are shown, and all are counted', on(async ({ page }) => {
    const parts = partsOf(page);
    await parts.begin('', '50', '10');
    await parts.status.filter({ hasText: 'Complete, 50 values' }).waitFor();
    assert.deepEqual(await parts.shown(), Array.from({ length: SHOWN }, (_, index) => String(31 + index)));
  }));

  test('values come one by one, the first before the last was sent', on(async ({ page }) => {
    const parts = partsOf(page);
    await parts.begin('-2', '2', '1500');
    await parts.values.first().waitFor();
    assert.deepEqual(await parts.shown(), ['-1']);
    await parts.status.filter({ hasText: 'Complete' }).waitFor();
    assert.deepEqual(await parts.shown(), ['-1', '0']);
  }));

  test('the error after the last value stands behind it', on(async ({ page }) => {
    const parts = partsOf(page);
    await parts.begin('9223372036854775805', '', '10');
    await parts.status.and(page.locator('[data-code=OUT_OF_RANGE]')).waitFor();
    assert.deepEqual(await parts.shown(), ['9223372036854775806', '9223372036854775807']);
    assert.match(await parts.status.innerText(), /^OUT_OF_RANGE: .*, 2 values$/);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
    await parts.begin('1', '1', '10');
    await parts.status.filter({ hasText: 'Complete, 1 value' }).waitFor();
    assert.equal(await parts.status.getAttribute('data-code'), '');
  }, { viewport: { width: 360, height: 900 } }));

  test('a field that cannot be read is named, and nothing is sent', on(async ({ page, calls }) => {
    const parts = partsOf(page);
    for (const [index, texts] of [['x', '', '200'], ['', '-1', '200'], ['', '', '9']].entries()) {
      await parts.begin(...texts);
      const invalid = await parts.fields.evaluateAll((all) => all.map((field) => field.getAttribute('aria-invalid') === 'true' || !field.validity.valid));
      assert.deepEqual(invalid, [0, 1, 2].map((place) => place === index));
      if (index === 0) {
        assert.match(await parts.status.innerText(), /not a whole number/);
        await parts.begin('1', '1', '10');
        await parts.status.filter({ hasText: 'Complete, 1 value' }).waitFor();
      }
    }
    assert.equal(calls.filter((call) => call.url().endsWith('/CountUp')).length, 1);
  }));

  test('the keyboard starts and stops it', on(async ({ page }) => {
    const parts = partsOf(page);
    await parts.fields.nth(2).fill('10');
    await parts.fields.nth(2).press('Enter');
    await parts.values.nth(2).waitFor();
    await parts.stop.press('Space');
    await parts.status.filter({ hasText: 'Stopped' }).waitFor();
  }, { expected: BROKEN_OFF }));
}

export function streamsOfOneServer(browser) {
  test('without an end it goes on until it is stopped, and the server\'s handler ends with it', async (t) => {
    const server = await startServer({ options: ['--metrics-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    await visit(browser, server.url, async ({ page, live }) => {
      await live.waitFor();
      const parts = partsOf(page);
      await parts.begin('5681', '', '10');
      await parts.values.nth(SHOWN - 1).waitFor();
      assert.equal(await inFlight(server.metrics), COUNTS + 1);
      const broken = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/CountUp'));
      await parts.stop.click();
      await broken;
      await parts.status.filter({ hasText: 'Stopped' }).waitFor();
      // The server learns of it by a frame that is on its way.
      while ((await inFlight(server.metrics)) > COUNTS) await page.evaluate(() => new Promise(requestAnimationFrame));
    }, { expected: BROKEN_OFF, routes: WITHOUT_LOOK });
  });

  test('a new start takes the place of a stream that runs', async (t) => {
    const server = await startServer({ options: ['--metrics-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    await visit(browser, server.url, async ({ page, live }) => {
      await live.waitFor();
      const parts = partsOf(page);
      await parts.begin('0', '', '20');
      await parts.values.first().waitFor();
      await parts.begin('1000', '2', '20');
      await parts.status.filter({ hasText: 'Complete, 2 values' }).waitFor();
      assert.deepEqual(await parts.shown(), ['1001', '1002']);
      assert.equal(await inFlight(server.metrics), COUNTS);
    }, { expected: BROKEN_OFF, routes: WITHOUT_LOOK });
  });
}

function partsOf(page) {
  const fields = page.locator('.streams input');
  const start = page.getByTestId('count-up-start');
  const values = page.getByTestId('count-up-value');
  return {
    fields,
    start,
    stop: page.getByTestId('count-up-stop'),
    values,
    status: page.locator('#count-up'),
    shown: () => values.allInnerTexts(),
    async begin(...texts) {
      for (const [index, text] of texts.entries()) await fields.nth(index).fill(text);
      await start.click();
    },
  };
}

/** How many calls have not come to their end at the server. */
async function inFlight(metrics) {
  const answer = await new Promise((resolve, reject) => get(`${metrics}/metrics`, resolve).on('error', reject));
  return Number((await text(answer)).match(/^oneport_calls_in_flight (\d+)$/m)[1]);
}
