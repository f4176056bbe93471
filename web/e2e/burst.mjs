// Bursts: every call completes while the page remains responsive, failures are reported, and stop stops.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CSS, digits, partsOfBurst } from './parts.mjs';
import { startServer } from './server.mjs';
import { VIEWPORTS } from './views.mjs';
import { visit } from './visit.mjs';

const INCREMENT = { service: 'increment.v1.IncrementService', method: 'Increment', protocol: 'grpc-web' };

/** The number of calls of the long burst. */
const SIZE = 10_000;

/** The number of rows that the history keeps. */
const CAPACITY = 50;

/** The time within which a click must be visible, in milliseconds. */
const RESPONSIVE = 100;

/** The time of a slow machine for ten thousand calls, in milliseconds. */
const TIMEOUT = 300_000;

// Errors that the browser logs for failed calls, and for those that the page cancels.
const NETWORK = /Failed to load resource|^failed: |^status 502: /;
const CANCELLED = /^failed: .*\/Increment net::ERR_ABORTED/;

/** Measures delays: nothing else runs beside it. */
export function longBurst(browser) {
  test('a burst of 10,000 calls completes, and every click is visible meanwhile, in every width', { timeout: TIMEOUT }, async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      await page.live.waitFor();
      const burst = partsOfBurst(page.page);
      await burst.start(SIZE, 64);
      const clicks = await clickDuring(burst, page);
      assert.match(await burst.text(), /^Done\. 10,000 of 10,000 · [\d,]+ calls\/s$/);
      assert.equal(await page.failure.count(), 0);
      await page.idle.waitFor();
      await page.waitForCount(INCREMENT, SIZE + clicks);
      assert.equal(await page.rows.count(), CAPACITY);
      await page.page.getByText(`The newest ${CAPACITY}; `).waitFor();
      await page.page.locator(`[data-testid=latency-plot][data-points="${SIZE}"]`).waitFor();
    }, { viewport: VIEWPORTS[0] });
  });
}

/** Clicks until the burst ends, an equal part of it in each width; returns the number of clicks. */
async function clickDuring(burst, page) {
  let clicks = 0;
  for (const [index, viewport] of VIEWPORTS.entries()) {
    if (index > 0) await resize(page.page, viewport);
    const before = clicks;
    for (; (await burst.ended()) < (SIZE * (index + 1)) / VIEWPORTS.length; clicks++) {
      const delay = await clickAndWait(page, 20_000 + clicks);
      assert.ok(delay < RESPONSIVE, `${viewport.width} px wide, click ${clicks} was visible after ${delay} ms`);
    }
    assert.ok(clicks > before, `a click at ${viewport.width} px`);
  }
  return clicks;
}

/** Resizes the page, and waits until it is painted. */
async function resize(page, viewport) {
  await page.setViewportSize(viewport);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

export function bursts(browser) {
  test('stop cancels a burst, and the next calls work', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      const burst = partsOfBurst(page.page);
      await burst.start(10_000, 64);
      await page.rows.nth(CAPACITY - 1).waitFor();
      await burst.stop.click();
      await burst.status.getByText('Stopped.').waitFor();
      const [made, ended] = [page.calls.length, await burst.ended()];
      assert.ok(ended < 10_000);
      await page.sendNumber('5681');
      await page.page.locator('[data-returned="5682"]').waitFor();
      assert.deepEqual([page.calls.length, await burst.ended()], [made + 1, ended]);
      await burst.start(5, 1);
      await burst.status.getByText('Done.').waitFor();
      assert.equal(await burst.ended(), 5);
    }, { expected: CANCELLED });
  });

  test('failed calls of a burst are counted, and the others are made', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      let calls = 0;
      await page.page.route('**/Increment', (route) => (calls++ % 3 ? route.continue() : route.fulfill({ status: 502 })));
      const burst = partsOfBurst(page.page);
      await burst.start(30, 4);
      await burst.status.getByText('Done.').waitFor();
      assert.match(await burst.text(), /^Done\. 30 of 30; 10 failed, first with UNAVAILABLE · /);
      assert.equal(await page.page.locator('[data-testid=exchange]:not([data-returned])').count(), 10);
    }, { expected: NETWORK });
  });

  test('a burst without a success ends early with the failure', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      await page.page.route('**/Increment', (route) => route.fulfill({ status: 502 }));
      const burst = partsOfBurst(page.page);
      await burst.start(10_000, 64);
      await burst.status.getByText('Ended: every call failed.').waitFor();
      assert.equal(await page.failure.getAttribute('data-code'), 'UNAVAILABLE');
      assert.ok(page.calls.length < 128, `${page.calls.length} calls`);
    }, { expected: NETWORK });
  });

  test('a burst has 1 to 10,000 calls, 1 to 64 in flight, and starts by keyboard', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      const burst = partsOfBurst(page.page);
      for (const [size, inFlight] of [['', 1], [0, 1], [10_001, 1], [-1, 1], [1.5, 1], [5, ''], [5, 0], [5, 65]]) {
        await burst.start(size, inFlight);
      }
      assert.equal(page.calls.length, 0);
      await burst.size.fill('3');
      await burst.inFlight.fill('1');
      await burst.inFlight.press('Enter');
      await burst.status.getByText('Done.').waitFor();
      assert.equal(page.calls.length, 3);
    });
  });
}

/** Sends a number with a click, and returns the time until the page shows the call, in milliseconds. */
async function clickAndWait({ page, number, send }, value) {
  await number.fill(String(value));
  const handle = await page.evaluateHandle((sent) => ({
    delay: new Promise((resolve) => {
      const button = document.querySelector('[data-testid=send]');
      button.addEventListener('click', ({ timeStamp }) => {
        const check = () => (button.dataset.inFlight || document.querySelector(`[data-sent="${sent}"]`))
          ? resolve(performance.now() - timeStamp)
          : requestAnimationFrame(check);
        check();
      }, { once: true });
    }),
  }), String(value));
  await send.click();
  const delay = await handle.evaluate(({ delay }) => delay);
  await page.locator(CSS.answer, { hasText: digits(value + 1) }).waitFor();
  return delay;
}
