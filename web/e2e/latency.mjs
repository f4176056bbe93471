// The history: the latency of each call, and the selected row.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { visit } from './visit.mjs';

export function latencies(browser, site) {
  test('each call has a dot, whatever its outcome, and the percentiles cover all', () => visit(browser, site.url, async (page) => {
    const plot = page.page.getByTestId('latency-plot');
    assert.equal(await plot.getAttribute('data-points'), '0');
    assert.match(await plot.innerText(), /Each call becomes a dot\.[^]*p50\s*–\s*p90\s*–\s*p99\s*–/);
    for (const [index, number] of ['1', '2', '9223372036854775807'].entries()) {
      await page.sendNumber(number);
      await page.waitForRows(index + 1);
    }
    assert.equal(await plot.getAttribute('data-points'), '3');
    const dots = await plot.locator('path').nth(1).getAttribute('d');
    assert.equal(dots.match(/M/g).length, 3, dots);
    const latencies = await page.rows.locator('td:last-child').allInnerTexts();
    const [p50, p90, p99] = await plot.locator('b').allInnerTexts().then((all) => all.slice(-3));
    const sorted = latencies.toSorted((one, other) => parseFloat(one) - parseFloat(other));
    assert.deepEqual([p50, p90, p99], [sorted[1], sorted[2], sorted[2]]);
  }));

  test('the newest row is selected until another one is, by click or keyboard', () => visit(browser, site.url, async (page) => {
    const selected = () => page.rows.and(page.page.locator('[aria-selected=true]')).evaluateAll((all) => all.map(({ dataset }) => dataset.sent));
    for (const [index, number] of ['1', '2', '3'].entries()) {
      await page.sendNumber(number);
      await page.waitForRows(index + 1);
      assert.deepEqual(await selected(), [number]);
    }
    await page.rows.nth(1).click();
    assert.deepEqual(await selected(), ['2']);
    await page.sendNumber('4');
    await page.waitForRows(4);
    assert.deepEqual(await selected(), ['2'], 'it remains selected');
    const { keyboard } = page.page;
    await page.number.focus();
    for (const key of ['Tab', 'Tab', 'ArrowDown']) await keyboard.press(key);
    assert.deepEqual(await selected(), ['1']);
    await keyboard.press('ArrowUp');
    await keyboard.press('ArrowUp');
    assert.deepEqual(await selected(), ['3']);
    await page.rows.first().focus();
    await keyboard.press('Enter');
    assert.deepEqual(await selected(), ['4']);
    await page.sendNumber('5');
    await page.waitForRows(5);
    assert.deepEqual(await selected(), ['5'], 'the newest remains selected');
  }));
}
