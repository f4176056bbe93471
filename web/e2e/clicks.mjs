// Clicks, at both addresses of the demo.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test } from 'node:test';

import { plain } from './parts.mjs';
import { isCall, sharedVisit, visit } from './visit.mjs';

const LARGEST = '9223372036854775807';

export function clicks(browser, site) {
  describe('clicks', () => {
    const on = sharedVisit(browser, site);

    test('a click sends a random number over gRPC-Web and displays the response', on(async (page) => {
      await page.send.click();
      const [{ sent, returned }] = await page.waitForRows(1);
      assert.match(sent, /^\d{1,4}$/);
      assert.equal(Number(returned), Number(sent) + 1);
      assert.match(page.calls[0].headers()['content-type'], /^application\/grpc-web/);
      const text = plain(await page.page.locator('body').innerText());
      assert.ok(text.includes(sent) && text.includes(returned), text);
    }));

    test('random numbers differ', on(async (page) => {
      for (let count = 1; count <= 5; count++) {
        await page.sendNumber('');
        await page.waitForRows(count);
      }
      const rows = await page.waitForRows(5);
      assert.ok(new Set(rows.map(({ sent }) => sent)).size > 1);
    }));

    test('each click adds a row, newest first', on(async (page) => {
      for (const [index, number] of ['1', '2', '3'].entries()) {
        await page.sendNumber(number);
        await page.waitForRows(index + 1);
      }
      const rows = await page.waitForRows(3);
      assert.deepEqual(rows.map(({ sent }) => sent), ['3', '2', '1']);
    }));

    test('any 64-bit integer is accepted', on(async (page) => {
      const numbers = ['0', '-1', '-5681', '2147483647', '9223372036854775806', '-9223372036854775808'];
      for (const [index, number] of numbers.entries()) {
        await page.sendNumber(number);
        const [newest] = await page.waitForRows(index + 1);
        assert.deepEqual(newest, { sent: number, returned: String(BigInt(number) + 1n) });
      }
    }));

    test('the largest number is rejected by the service, until the next success', on(async (page) => {
      await page.sendNumber(LARGEST);
      await page.failure.waitFor();
      assert.equal(await page.failure.getAttribute('data-code'), 'OUT_OF_RANGE');
      assert.match(await page.failure.innerText(), /number/);
      await page.sendNumber('1');
      await page.failure.waitFor({ state: 'hidden' });
    }));

    test('anything but a 64-bit integer is rejected at the field, and nothing is sent', on(async (page) => {
      for (const text of ['abc', '1.5', '1e3', '--1', '9223372036854775808', '-9223372036854775809']) {
        await page.sendNumber(text);
        assert.equal(await page.number.getAttribute('aria-invalid'), 'true', text);
        const reason = page.page.locator(`#${await page.number.getAttribute('aria-describedby')}`);
        assert.ok((await reason.innerText()).length > 10, `a reason for ${text}`);
      }
      await page.sendNumber(' 7 ');
      assert.deepEqual(await page.waitForRows(1), [{ sent: '7', returned: '8' }]);
      assert.notEqual(await page.number.getAttribute('aria-invalid'), 'true');
      assert.equal(page.calls.length, 1);
    }));

    test('clicks are accepted while calls are in flight', on(async (page) => {
      const { held, release } = await holdCalls(page.page);
      for (const number of ['10', '20', '30', '40', '50']) await page.sendNumber(number);
      await held(5);
      assert.equal(await page.send.isEnabled(), true);
      assert.equal(await page.send.getAttribute('data-in-flight'), '5');
      release();
      const rows = await page.waitForRows(5);
      assert.deepEqual(rows.map(({ returned }) => returned), ['51', '41', '31', '21', '11']);
      await page.idle.waitFor();
    }));

    test('the HTTP version is displayed even after the browser\'s timing buffer was full', on(async (page) => {
      await page.page.evaluate(() => performance.setResourceTimingBufferSize(1));
      await page.sendNumber('1');
      await page.waitForRows(1);
      await page.sendUntilDisplayed(/^gRPC-Web over HTTP\/[12]/);
    }));
  });

  // From the start of the page.
  test('the form works by keyboard', () => visit(browser, site.url, async (page) => {
    const keyboard = page.page.keyboard;
    await tabTo(page.number, keyboard);
    await keyboard.type('41');
    await keyboard.press('Enter');
    assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }]);
    await tabTo(page.send, keyboard);
    await keyboard.press('Space');
    assert.equal((await page.waitForRows(2)).length, 2);
  }));
}

/** Delays every call until `release`; `held(n)` waits for n of them. */
async function holdCalls(page) {
  const events = new EventEmitter();
  const waiting = [];
  await page.route('**/*', (route) => {
    if (!isCall(route.request())) return route.continue();
    waiting.push(route);
    events.emit('held');
  });
  return {
    async held(count) {
      while (waiting.length < count) await once(events, 'held', { signal: AbortSignal.timeout(10_000) });
    },
    release: () => waiting.forEach((route) => route.continue()),
  };
}

async function tabTo(part, keyboard) {
  for (let presses = 0; presses < 20; presses++) {
    if (await part.evaluate((element) => element === document.activeElement)) return;
    await keyboard.press('Tab');
  }
  assert.fail('the Tab key does not reach the element');
}
