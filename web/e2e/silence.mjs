// Calls that nobody answers and does not refuse either: after 15 seconds the page says so, and goes on waiting.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';

import { violations } from './axe.mjs';
import { root } from './demo.mjs';
import { startProxy } from './proxy.mjs';
import { WITHOUT_LOOK, visit } from './visit.mjs';

const PICTURES = process.env.E2E_SCREENSHOTS ?? `${root}target/screenshots`;

/** How long nothing may come before the page says so, in milliseconds. */
const SILENT = 15_000;

const NO_ANSWER = /No answer for 15\ss, still waiting: the server hangs, or a proxy on the way\./;
const NO_MESSAGE = /^Nothing has come for 15\ss; still waiting\. A proxy on the way may hold answers back, as nginx does without “proxy_buffering off” or the server’s “x-accel-buffering: no”\. Or the server hangs\./;

// A call that is broken off, by the page or with it, is noted by the browser itself.
const BROKEN_OFF = /^failed: .* net::ERR_ABORTED/;

export function silence(browser, url) {
  const on = (act, options) => () => visit(browser, url, act, { clock: true, ...options });

  test('a call that nobody answers is told after 15 s, until it is answered', on(async (page) => {
    const hung = hang(page.page, '**/Increment');
    await page.sendNumber('41');
    const answer = await hung;
    await page.page.clock.fastForward(SILENT - 5_000);
    assert.equal(await late(page).count(), 0);
    await page.page.clock.fastForward(5_000);
    await late(page).waitFor();
    assert.equal(await page.send.getAttribute('data-under-way'), '1');
    await answer();
    await late(page).waitFor({ state: 'detached' });
    assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }]);
  }));

  test('a call that nobody answers is told before its deadline passes, and ends with it', on(async (page) => {
    hang(page.page, '**/Increment');
    await page.page.getByTestId('deadline').fill('60000');
    await page.send.click();
    await page.page.clock.fastForward(SILENT);
    await late(page).waitFor();
    assert.equal(await page.failure.count(), 0);
    await page.page.clock.fastForward(60_000 - SILENT);
    await page.failure.waitFor();
    assert.equal(await page.failure.getAttribute('data-code'), 'DEADLINE_EXCEEDED');
    assert.equal(await late(page).count(), 0);
  }, { expected: BROKEN_OFF }));

  test('a burst that nobody answers is told after 15 s, until it is stopped', on(async ({ page }) => {
    hang(page, '**/Increment');
    await page.getByTestId('burst-start').click();
    const far = page.locator('#burst-far');
    // Its calls leave by timers too.
    await page.clock.fastForward(1);
    await page.clock.fastForward(SILENT);
    await far.getByText(NO_ANSWER).waitFor();
    await page.getByTestId('burst-stop').click();
    await far.getByText(/^0 of 1,000$/).waitFor();
  }, { expected: BROKEN_OFF }));

  test('a look at the connection that nobody answers is told after 15 s', on(async ({ page }) => {
    const words = page.locator('#seen-words');
    await words.getByText('Asking the server').waitFor();
    await page.clock.fastForward(SILENT);
    await words.getByText(NO_ANSWER).waitFor();
  }, { routes: WITHOUT_LOOK }));

  test('many calls at once that nobody answers are told after 15 s', on(async ({ page }) => {
    hang(page, '**/CountUp');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('status').getByText('20 calls to each address').waitFor();
    await page.clock.fastForward(SILENT);
    await page.locator('#many-words').getByText(NO_ANSWER).waitFor();
  }));

  test('a stream with a long interval may be silent for two of them', on(async ({ page }) => {
    hang(page, '**/CountUp');
    await page.locator('#count-interval').fill('20000');
    await page.getByTestId('count-up-start').click();
    await page.clock.fastForward(39_000);
    const status = page.locator('#count-up');
    assert.equal(await status.innerText(), 'Counting');
    await page.clock.fastForward(1_000);
    await status.getByText(/^Nothing has come for 40\ss/).waitFor();
    await page.getByTestId('count-up-stop').click();
    await status.getByText('Stopped').waitFor();
  }, { expected: BROKEN_OFF }));

  test('counts that came once may stay away as long as nothing changes', on(async (page) => {
    await page.live.waitFor();
    await page.page.clock.fastForward(10 * SILENT);
    assert.equal(await page.feed.innerText(), 'Live');
  }));
}

/** A real proxy that keeps every answer until it ends, as nginx does with its defaults. */
export function silenceOfProxy(browser, url) {
  mkdirSync(PICTURES, { recursive: true });

  for (const width of [360, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${width} px wide and ${colorScheme}, streams that a proxy holds back are told, until it hands them on`, async (t) => {
        const held = holdBack();
        const proxy = await startProxy(url, { answer: held.answer });
        t.after(proxy.stop);
        await visit(browser, proxy.url, async (page) => {
          const values = page.page.getByTestId('count-up-value');
          const status = page.page.locator('#count-up');
          await page.feed.getByText('Asking the server…').waitFor();
          await page.sendNumber('41');
          assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }], 'what ends is handed on');
          await page.page.getByTestId('count-up-start').click();
          await page.page.clock.fastForward(SILENT);
          await status.getByText('Nothing has come').waitFor();
          for (const part of [page.feed, status]) assert.match(await part.innerText(), NO_MESSAGE);
          assert.equal(await values.count(), 0);
          assert.equal(await page.section.getAttribute('data-live'), 'false');
          hang(page.page, '**/Increment');
          await page.sendNumber('7');
          await page.page.clock.fastForward(SILENT);
          await page.page.locator('.stage').getByText(/^7 → … No answer/).waitFor();
          assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width);
          assert.deepEqual(await violations(page.page), []);
          await page.page.screenshot({ path: `${PICTURES}/silence-${width}-${colorScheme}.png`, fullPage: true });
          held.handOn();
          await page.live.waitFor();
          await values.first().waitFor();
          await status.getByText(/^Counting/).waitFor();
        }, { clock: true, viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce', expected: BROKEN_OFF });
      });
    }
  }
}

const late = (page) => page.page.locator('.stage').getByText(NO_ANSWER);

/** From now on these calls hang; resolves, with the first of them, to what lets that one go on. */
function hang(page, pattern) {
  return new Promise((resolve) => page.route(pattern, (route) => resolve(() => route.continue())));
}

/** What a proxy does with its answers: it keeps each until it ends, or until all are handed on. */
function holdBack() {
  const waiting = [];
  const answer = async (outgoing, answered) => {
    outgoing.flushHeaders();
    const chunks = [];
    const keep = (chunk) => chunks.push(chunk);
    const handOn = () => {
      answered.off('data', keep);
      chunks.splice(0).forEach((chunk) => outgoing.write(chunk));
      if (answered.readableEnded) outgoing.end();
      else answered.pipe(outgoing);
    };
    answered.on('data', keep).on('end', handOn);
    waiting.push(() => answered.readableEnded || (answered.off('end', handOn), handOn()));
  };
  return { answer, handOn: () => waiting.forEach((handOn) => handOn()) };
}
