// The appearance of the page: narrow and wide, light and dark, without layout shifts. Writes screenshots.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { callUnknownMethod, incrementInText, report } from './other_clients.mjs';
import { partsOfBurst, partsOfConnection, partsOfCountUp, partsOfWire } from './parts.mjs';
import { startServer } from './server.mjs';
import { VIEWPORTS, assertUsable, inEveryView, inEveryWidth, takeScreenshot } from './views.mjs';
import { WITHOUT_DESCRIBE, visit } from './visit.mjs';

const LARGEST = '9223372036854775807';
const SMALLEST = '-9223372036854775808';

/** Errors that the browser logs for failed requests. */
const NETWORK = /Failed to load resource|^failed: /;

/** The calls of other services. */
const REPORTED = [
  ['billing.v1.Invoices', 'Create', 'grpc', 812],
  ['billing.v1.Invoices', 'Create', 'json-rpc', 312],
  ['warehouse.v2.StockService', 'Release', 'grpc', 977],
  ['warehouse.v2.StockService', 'Reserve', 'connect', 1200],
  ['warehouse.v2.StockService', 'Reserve', 'grpc', 4103],
  ['warehouse.v2.StockService', 'Reserve', 'grpc-web', 2381],
];

/** The states of the page, in the order of a visit. */
const STATES = [
  ['empty', async () => {}],
  ['answer', async (page) => {
    await page.sendNumber('5681');
    await page.waitForRows(1);
  }],
  ['bytes', async ({ page }) => {
    const { response, snippetButton, snippet } = partsOfWire(page);
    await response.getByRole('option').nth(3).focus();
    await snippetButton('Rust').click();
    await snippet.filter({ hasText: '5681' }).waitFor();
  }],
  ['long answer', async (page) => {
    await page.sendNumber(SMALLEST);
    await page.waitForRows(2);
  }],
  ['failure', async (page) => {
    await page.sendNumber(LARGEST);
    await page.failure.waitFor();
  }],
  ['burst', async ({ page }) => {
    const burst = partsOfBurst(page);
    await burst.start(300, 16);
    await burst.status.getByText('Done.').waitFor();
  }],
  ['stream', async ({ page }) => {
    const countUp = partsOfCountUp(page);
    await partsOfConnection(page).description.waitFor();
    await countUp.start('', '30', '10');
    await countUp.status.filter({ hasText: 'Complete' }).waitFor();
  }],
  ['invalid number', async (page) => {
    await page.number.fill('many');
    await page.number.and(page.page.locator('[aria-invalid=true]')).waitFor();
  }],
];

export function appearance(browser, site) {
  test('everything fits, is readable and stays in its place, in every view', () => visit(browser, site.url, async (page) => {
    const positions = new Map();
    for (const [state, reach] of STATES) {
      await reach(page);
      await page.page.evaluate(() => scrollTo(0, 0));
      await inEveryView(page.page, async (width, colorScheme) => {
        const form = await Promise.all([page.number, page.send].map((part) => part.boundingBox()));
        if (!positions.has(width)) positions.set(width, form);
        assert.deepEqual(form, positions.get(width), `${state}, ${width} px wide`);
        await check(page.page, state, width, colorScheme);
      });
    }
  }, { reducedMotion: 'reduce' }));

  for (const viewport of VIEWPORTS) {
    test(`${viewport.width} px wide, the layout does not shift while the page loads`, () =>
      visit(browser, site.url, async (page) => {
        await page.live.waitFor();
        assert.deepEqual(await page.page.evaluate(() => window.shifts), []);
      }, { viewport, before: recordShifts }));
  }
}

export function appearanceOfAccesses(browser) {
  test('the access counts fit, are readable, and do not shift, in every view', async (t) => {
    let server = await startServer();
    t.after(() => server.stop());
    await visit(browser, server.url, async (page) => {
      const checkAll = (state) => inEveryView(page.page, (width, colorScheme) => check(page.page, state, width, colorScheme));
      await page.live.waitFor();
      await checkAll('no calls');
      await page.send.click();
      await incrementInText(server.url, 41);
      await callUnknownMethod(server.url);
      await report(server.url, 'appearance', REPORTED);
      await page.waitForCount({ service: 'unknown', method: 'unknown', protocol: 'unknown' }, 1);
      await page.waitForCount({ service: 'warehouse.v2.StockService', method: 'Release', protocol: 'grpc' }, 977);
      await checkAll('many calls');
      const before = await positionsOf(page);
      await server.stop();
      await page.feed.filter({ hasText: 'retrying in' }).waitFor();
      assert.deepEqual(await positionsOf(page), before);
      await checkAll('server unavailable');
      server = await startServer(server);
      await page.live.waitFor();
      assert.deepEqual(await positionsOf(page), before);
    }, { reducedMotion: 'reduce', expected: NETWORK, routes: WITHOUT_DESCRIBE });
  });
}

/** Returns the positions of the access counts in their section, in every width: what is above it may grow meanwhile. */
async function positionsOf({ page, section }) {
  const all = [];
  await inEveryWidth(page, async () => all.push(await section.evaluate((element) => {
    const { top } = element.getBoundingClientRect();
    return [...element.querySelectorAll('p, li')].map((part) => Math.round(part.getBoundingClientRect().top - top));
  })));
  return all;
}

/** Takes a screenshot of the page; fails if it does not fit or is not readable. */
async function check(page, state, width, colorScheme) {
  const { luminance, pale, faint } = await page.evaluate(measure);
  assert.deepEqual(pale, [], state);
  assert.deepEqual(faint, [], state);
  assert.equal(luminance < 0.5 ? 'dark' : 'light', colorScheme);
  await assertUsable(page, width);
  await takeScreenshot(page, state, width, colorScheme);
}

/** Runs before the page: records the layout shifts that the browser reports. */
function recordShifts() {
  window.shifts = [];
  const record = (list) => window.shifts.push(...list.getEntries().map(({ value }) => value));
  new PerformanceObserver(record).observe({ type: 'layout-shift', buffered: true });
}

/**
 * Runs in the page: returns its luminance, the texts with a contrast below 4.5, and the bars with one below 3 (WCAG 2.2,
 * relative luminance).
 */
function measure() {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const luminance = (color) => {
    if (!known.has(color)) known.set(color, luminanceOf(color));
    return known.get(color);
  };
  const luminanceOf = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const linear = [...canvas.getImageData(0, 0, 1, 1).data]
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const colorOf = (element, name) => getComputedStyle(element)[name];
  const behind = (element) => {
    const color = colorOf(element, 'backgroundColor');
    return color === 'rgba(0, 0, 0, 0)' && element.parentElement ? behind(element.parentElement) : color;
  };
  const contrast = (element, name) => {
    const [dark, light] = [behind(element), colorOf(element, name)].map(luminance).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const hasText = ({ childNodes }) => [...childNodes].some(({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim());
  const texts = [...document.body.querySelectorAll('*')].filter(hasText);
  const below = (least, name, elements) =>
    elements.filter((element) => contrast(element, name) < least)
      .map((element) => `${(element.closest('li') ?? element).textContent}: ${contrast(element, name)}`);
  return {
    luminance: luminance(behind(document.body)),
    pale: below(4.5, 'color', texts),
    faint: below(3, 'fill', [...document.querySelectorAll('rect')]),
  };
}
