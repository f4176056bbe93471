// Many calls at once: all are answered while the page stays at hand, failures are told, and stop stops.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startServer } from './server.mjs';
import { visit } from './visit.mjs';

const INCREMENT = { service: 'increment.v1.IncrementService', method: 'Increment', protocol: 'grpc-web' };

/** How many rows the history keeps, and how soon a click must be seen, in milliseconds. */
const KEPT = 50;
const SOON = 100;

/** As long as a slow machine may take for ten thousand calls, in milliseconds. */
const PATIENCE = 300_000;

// What the browser itself notes of calls that fail, or that the page breaks off.
const NETWORK = /Failed to load resource|^failed: |^status 502: /;
const BROKEN_OFF = /^failed: .*\/Increment net::ERR_ABORTED/;

export function bursts(browser) {
  for (const width of [360, 1280]) {
    const options = { viewport: { width, height: 900 } };

    test(`${width} px wide, a burst of 10,000 calls is answered, and so is every click meanwhile`, { timeout: PATIENCE }, async (t) => {
      const server = await startServer();
      t.after(server.stop);
      await visit(browser, server.url, async (page) => {
        await page.live.waitFor();
        const burst = burstOf(page.page);
        await burst.start(10_000, 64);
        let clicks = 0;
        for (; !(await burst.isOver()); clicks++) {
          const delay = await clickAndWait(page, 20_000 + clicks);
          assert.ok(delay < SOON, `click ${clicks} was answered after ${delay} ms`);
        }
        assert.ok(clicks > 0);
        assert.match(await burst.words(), /^Done\. 10,000 of 10,000 · [\d,]+ calls\/s$/);
        assert.equal(await page.failure.count(), 0);
        await page.page.locator('[data-testid=send]:not([data-under-way])').waitFor();
        await page.waitForCount(INCREMENT, 10_000 + clicks);
        assert.equal(await page.rows.count(), KEPT);
        await page.page.getByText(`The newest ${KEPT}; `).waitFor();
        await page.page.locator('[data-testid=latency-plot][data-points="10000"]').waitFor();
      }, options);
    });
  }

  test('stop stops, and leaves the page as it was before', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      const burst = burstOf(page.page);
      await burst.start(10_000, 64);
      await page.rows.nth(KEPT - 1).waitFor();
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
    }, { expected: BROKEN_OFF });
  });

  test('calls of a burst that fail are counted, and the others are made', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      let calls = 0;
      await page.page.route('**/Increment', (route) => (calls++ % 3 ? route.continue() : route.fulfill({ status: 502 })));
      const burst = burstOf(page.page);
      await burst.start(30, 4);
      await burst.status.getByText('Done.').waitFor();
      assert.match(await burst.words(), /^Done\. 30 of 30; 10 failed, first with UNAVAILABLE · /);
      assert.equal(await page.page.locator('[data-testid=exchange]:not([data-returned])').count(), 10);
    }, { expected: NETWORK });
  });

  test('a burst of which every call fails ends early and says why', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      await page.page.route('**/Increment', (route) => route.fulfill({ status: 502 }));
      const burst = burstOf(page.page);
      await burst.start(10_000, 64);
      await burst.status.getByText('Ended: every call failed.').waitFor();
      assert.equal(await page.failure.getAttribute('data-code'), 'UNAVAILABLE');
      assert.ok(page.calls.length < 128, `${page.calls.length} calls`);
    }, { expected: NETWORK });
  });

  test('a burst has 1 to 10,000 calls, 1 to 64 at once, and starts by keyboard', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      const burst = burstOf(page.page);
      for (const [size, atOnce] of [['', 1], [0, 1], [10_001, 1], [-1, 1], [1.5, 1], [5, ''], [5, 0], [5, 65]]) {
        await burst.start(size, atOnce);
      }
      assert.equal(page.calls.length, 0);
      await burst.size.fill('3');
      await burst.atOnce.fill('1');
      await burst.atOnce.press('Enter');
      await burst.status.getByText('Done.').waitFor();
      assert.equal(page.calls.length, 3);
    });
  });
}

/** The parts of a burst. */
function burstOf(page) {
  const progress = page.getByTestId('burst-progress');
  const form = page.locator('form', { has: progress });
  const [size, atOnce] = ['burst-size', 'burst-at-once'].map((id) => page.getByTestId(id));
  return {
    size,
    atOnce,
    stop: page.getByTestId('burst-stop'),
    status: form.getByRole('status'),
    words: async () => (await form.locator('p').innerText()).trim(),
    ended: () => progress.evaluate(({ value }) => value),
    isOver: () => progress.evaluate(({ value, max }) => value === max),
    async start(calls, callsAtOnce) {
      await size.fill(String(calls));
      await atOnce.fill(String(callsAtOnce));
      await page.getByTestId('burst-start').click();
    },
  };
}

/** Sends a number by a click, and returns after how many milliseconds the page showed that it has left. */
async function clickAndWait({ page, number, send }, value) {
  await number.fill(String(value));
  const seen = await page.evaluateHandle((sent) => ({
    delay: new Promise((resolve) => {
      const button = document.querySelector('[data-testid=send]');
      button.addEventListener('click', ({ timeStamp }) => {
        const look = () => (button.dataset.underWay || document.querySelector(`[data-sent="${sent}"]`))
          ? resolve(performance.now() - timeStamp)
          : requestAnimationFrame(look);
        look();
      }, { once: true });
    }),
  }), String(value));
  await send.click();
  const delay = await seen.evaluate(({ delay }) => delay);
  await page.locator('#answer', { hasText: String(value + 1) }).waitFor();
  return delay;
}
