// Overdue responses: reported by the page after 15 seconds, while it continues to wait.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { partsOfBurst, partsOfConnection, partsOfCountUp, partsOfMany } from './parts.mjs';
import { startProxy } from './proxy.mjs';
import { assertUsable, inEveryView, takeScreenshot } from './views.mjs';
import { WITHOUT_DESCRIBE, visit } from './visit.mjs';

/** The time after which a response is overdue, in milliseconds. */
const OVERDUE_MS = 15_000;

const NO_RESPONSE = /No response for 15\ss, still waiting: the server hangs, or a proxy in between\./;
const NO_MESSAGES = /^Nothing received for 15\ss; still waiting\. A proxy may buffer responses, as nginx does without “proxy_buffering off” or the server’s “x-accel-buffering: no”\. Or the server hangs\./;

// The error that the browser logs for a cancelled call.
const CANCELLED = /^failed: .* net::ERR_ABORTED/;

export function overdue(browser, site) {
  const on = (run, options) => () => visit(browser, site.url, run, { clock: true, ...options });

  test('an overdue call is reported after 15 s, until its response', on(async (page) => {
    const delayed = delay(page.page, '**/Increment');
    await page.sendNumber('41');
    const release = await delayed;
    await page.page.clock.fastForward(OVERDUE_MS - 5_000);
    assert.equal(await overdueText(page).count(), 0);
    await page.page.clock.fastForward(5_000);
    await overdueText(page).waitFor();
    assert.equal(await page.send.getAttribute('data-in-flight'), '1');
    await release();
    await overdueText(page).waitFor({ state: 'detached' });
    assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }]);
  }));

  test('an overdue call is reported before its deadline, and ends with it', on(async (page) => {
    delay(page.page, '**/Increment');
    await page.deadline.fill('60000');
    await page.send.click();
    await page.page.clock.fastForward(OVERDUE_MS);
    await overdueText(page).waitFor();
    assert.equal(await page.failure.count(), 0);
    await page.page.clock.fastForward(60_000 - OVERDUE_MS);
    await page.failure.waitFor();
    assert.equal(await page.failure.getAttribute('data-code'), 'DEADLINE_EXCEEDED');
    assert.equal(await overdueText(page).count(), 0);
  }, { expected: CANCELLED }));

  test('an overdue burst is reported after 15 s, until it is stopped', on(async ({ page }) => {
    delay(page, '**/Increment');
    const burst = partsOfBurst(page);
    await burst.startButton.click();
    // Its calls are started by timers too.
    await page.clock.fastForward(1);
    await page.clock.fastForward(OVERDUE_MS);
    await burst.completed.getByText(NO_RESPONSE).waitFor();
    await burst.stop.click();
    await burst.completed.getByText(/^0 of 1,000$/).waitFor();
  }, { expected: CANCELLED }));

  test('an overdue description of the connection is reported after 15 s', on(async ({ page }) => {
    const { summary } = partsOfConnection(page);
    await summary.getByText('Asking the server to describe').waitFor();
    await page.clock.fastForward(OVERDUE_MS);
    await summary.getByText(NO_RESPONSE).waitFor();
  }, { routes: WITHOUT_DESCRIBE }));

  test('overdue concurrent calls are reported after 15 s', on(async ({ page }) => {
    delay(page, '**/CountUp');
    const { compare, status } = partsOfMany(page);
    await compare.click();
    await status.getByText('20 calls to each address').waitFor();
    await page.clock.fastForward(OVERDUE_MS);
    await status.getByText(NO_RESPONSE).waitFor();
  }));

  test('a stream is overdue after two of its intervals', on(async ({ page }) => {
    delay(page, '**/CountUp');
    const { start, stop, status } = partsOfCountUp(page);
    await start('', '', '20000');
    await page.clock.fastForward(35_000);
    assert.equal(await status.innerText(), 'Counting');
    await page.clock.fastForward(5_000);
    await status.getByText(/^Nothing received for 40\ss/).waitFor();
    await stop.click();
    await status.getByText('Stopped').waitFor();
  }, { expected: CANCELLED }));

  test('counts without changes are not overdue', on(async (page) => {
    await page.live.waitFor();
    await page.page.clock.fastForward(10 * OVERDUE_MS);
    assert.equal(await page.feed.innerText(), 'Live');
  }));
}

/** Behind a proxy that buffers every response until its end, as nginx does with its defaults. */
export function overdueBehindProxy(browser, site) {
  test('streams buffered by a proxy are reported in every view, until it forwards them', async (t) => {
    const buffer = buffering();
    const proxy = await startProxy(site.url, { respond: buffer.respond });
    t.after(proxy.stop);
    await visit(browser, proxy.url, async (page) => {
      const { values, status, startButton } = partsOfCountUp(page.page);
      await page.feed.getByText('Connecting to the server…').waitFor();
      await page.sendNumber('41');
      assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }], 'a complete response is forwarded');
      await startButton.click();
      await page.page.clock.fastForward(OVERDUE_MS);
      await status.getByText('Nothing received').waitFor();
      for (const part of [page.feed, status]) assert.match(await part.innerText(), NO_MESSAGES);
      assert.equal(await values.count(), 0);
      assert.equal(await page.section.getAttribute('data-live'), 'false');
      delay(page.page, '**/Increment');
      await page.sendNumber('7');
      await page.page.clock.fastForward(OVERDUE_MS);
      await page.answerCard.getByText(/^7 → … No response/).waitFor();
      await inEveryView(page.page, async (width, colorScheme) => {
        await assertUsable(page.page, width);
        await takeScreenshot(page.page, 'overdue', width, colorScheme);
      });
      buffer.forward();
      await page.live.waitFor();
      await values.first().waitFor();
      await status.getByText(/^Counting/).waitFor();
    }, { clock: true, reducedMotion: 'reduce', expected: CANCELLED });
  });
}

const overdueText = (page) => page.answerCard.getByText(NO_RESPONSE);

/** Delays these calls; resolves to a function that releases the first of them. */
function delay(page, pattern) {
  return new Promise((resolve) => page.route(pattern, (route) => resolve(() => route.continue())));
}

/** Returns a handler for responses of a proxy, which buffers each until its end, or until `forward`. */
function buffering() {
  const waiting = [];
  const respond = async (outgoing, response) => {
    outgoing.flushHeaders();
    const chunks = [];
    const store = (chunk) => chunks.push(chunk);
    const forward = () => {
      response.off('data', store);
      chunks.splice(0).forEach((chunk) => outgoing.write(chunk));
      if (response.readableEnded) outgoing.end();
      else response.pipe(outgoing);
    };
    response.on('data', store).on('end', forward);
    waiting.push(() => response.readableEnded || (response.off('end', forward), forward()));
  };
  return { respond, forward: () => waiting.forEach((forward) => forward()) };
}
