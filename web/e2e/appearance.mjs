// The appearance of the page: narrow and wide, light and dark, without layout shifts. Writes screenshots.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';

import { violations } from './axe.mjs';
import { root } from './demo.mjs';
import { callUnknownMethod, incrementInText, report } from './other_clients.mjs';
import { startServer } from './server.mjs';
import { WITHOUT_DESCRIBE, visit } from './visit.mjs';

const SCREENSHOTS = process.env.E2E_SCREENSHOTS ?? `${root}target/screenshots`;
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
    await page.getByTestId('wire-response').getByRole('option').nth(3).focus();
    await page.locator('.copy').getByRole('button', { name: 'Rust' }).click();
    await page.getByTestId('snippet').filter({ hasText: '5681' }).waitFor();
    await page.evaluate(() => scrollTo(0, 0));
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
    await page.getByTestId('burst-size').fill('300');
    await page.getByTestId('burst-start').click();
    await page.getByRole('status').getByText('Done.').waitFor();
    await page.evaluate(() => scrollTo(0, 0));
  }],
  ['stream', async ({ page }) => {
    await page.getByTestId('connection').waitFor();
    await page.locator('#count-steps').fill('30');
    await page.locator('#count-interval').fill('10');
    await page.getByTestId('count-up-start').click();
    await page.getByRole('status').getByText('Complete').waitFor();
    await page.evaluate(() => scrollTo(0, 0));
  }],
  ['invalid number', async (page) => {
    await page.number.fill('many');
    await page.page.locator('[data-testid=number][aria-invalid=true]').waitFor();
  }],
];

export function appearance(browser, url) {
  mkdirSync(SCREENSHOTS, { recursive: true });

  for (const width of [360, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${width} px wide and ${colorScheme}, everything fits and is readable`, () =>
        visit(browser, url, async (page) => {
          for (const [state, reach] of STATES) {
            await reach(page);
            await check(page.page, state, width, colorScheme);
          }
        }, { viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' }));
    }

    test(`${width} px wide, the layout does not shift while the page loads or changes state`, () =>
      visit(browser, url, async (page) => {
        await page.live.waitFor();
        assert.deepEqual(await page.page.evaluate(() => window.shifts), []);
        const positions = () => Promise.all([page.number, page.send].map((part) => part.boundingBox()));
        const before = await positions();
        for (const [state, reach] of STATES) {
          await reach(page);
          assert.deepEqual(await positions(), before, state);
        }
      }, { viewport: { width, height: 900 }, before: recordShifts }));
  }
}

export function appearanceOfAccesses(browser) {
  for (const width of [360, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${width} px wide and ${colorScheme}, the access counts fit, are readable, and do not shift`, async (t) => {
        let server = await startServer();
        t.after(() => server.stop());
        await visit(browser, server.url, async (page) => {
          await page.live.waitFor();
          await check(page.page, 'no calls', width, colorScheme);
          await page.send.click();
          await incrementInText(server.url, 41);
          await callUnknownMethod(server.url);
          await report(server.url, 'appearance', REPORTED);
          await page.waitForCount({ service: 'unknown', method: 'unknown', protocol: 'unknown' }, 1);
          await page.waitForCount({ service: 'warehouse.v2.StockService', method: 'Release', protocol: 'grpc' }, 977);
          await check(page.page, 'many calls', width, colorScheme);
          const positions = () => page.section.locator('p, li').evaluateAll((all) => all.map(({ offsetTop }) => offsetTop));
          const before = await positions();
          await server.stop();
          await page.feed.filter({ hasText: 'retrying in' }).waitFor();
          assert.deepEqual(await positions(), before);
          await check(page.page, 'server unavailable', width, colorScheme);
          server = await startServer(server);
          await page.live.waitFor();
          assert.deepEqual(await positions(), before);
        }, { viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce', expected: NETWORK, routes: WITHOUT_DESCRIBE });
      });
    }
  }
}

/** Takes a screenshot of the page; fails if it does not fit or is not readable. */
async function check(page, state, width, colorScheme) {
  const { scrollWidth, luminance, pale, faint } = await page.evaluate(measure);
  assert.ok(scrollWidth <= width, `${state}: ${scrollWidth} px wide`);
  assert.deepEqual(pale, [], state);
  assert.deepEqual(faint, [], state);
  assert.equal(luminance < 0.5 ? 'dark' : 'light', colorScheme);
  assert.deepEqual(await violations(page), [], state);
  await page.screenshot({ path: `${SCREENSHOTS}/${state.replaceAll(' ', '-')}-${width}-${colorScheme}.png`, fullPage: true });
}

/** Runs before the page: records the layout shifts that the browser reports. */
function recordShifts() {
  window.shifts = [];
  const record = (list) => window.shifts.push(...list.getEntries().map(({ value }) => value));
  new PerformanceObserver(record).observe({ type: 'layout-shift', buffered: true });
}

/**
 * Runs in the page: returns its width, the texts with a contrast below 4.5, and the bars with one below 3 (WCAG 2.2,
 * relative luminance).
 */
function measure() {
  const luminance = (color) => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d');
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
    scrollWidth: document.documentElement.scrollWidth,
    luminance: luminance(behind(document.body)),
    pale: below(4.5, 'color', texts),
    faint: below(3, 'fill', [...document.querySelectorAll('rect')]),
  };
}
