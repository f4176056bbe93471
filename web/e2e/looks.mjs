// How the page looks: narrow and wide, light and dark, and that nothing jumps. Leaves pictures behind.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';

import { root } from './demo.mjs';
import { visit } from './visit.mjs';

const PICTURES = process.env.E2E_SCREENSHOTS ?? `${root}target/screenshots`;
const LARGEST = '9223372036854775807';
const LONGEST = '-9223372036854775808';

/** The page's states in the order in which a person sees them. */
const STATES = [
  ['empty', async () => {}],
  ['answer', async (page) => {
    await page.sendNumber('5681');
    await page.waitForRows(1);
  }],
  ['long answer', async (page) => {
    await page.sendNumber(LONGEST);
    await page.waitForRows(2);
  }],
  ['failure', async (page) => {
    await page.sendNumber(LARGEST);
    await page.failure.waitFor();
  }],
  ['refused at the field', async (page) => {
    await page.number.fill('many');
    await page.page.locator('[data-testid=number][aria-invalid=true]').waitFor();
  }],
];

export function looks(browser, url) {
  mkdirSync(PICTURES, { recursive: true });

  for (const width of [360, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${width} px wide and ${colorScheme}, everything fits and can be read`, () =>
        visit(browser, url, async (page) => {
          for (const [state, reach] of STATES) {
            await reach(page);
            const { scrollWidth, contrast, luminance } = await page.page.evaluate(measure);
            assert.ok(scrollWidth <= width, `${state}: ${scrollWidth} px wide`);
            assert.ok(contrast >= 4.5, `${state}: contrast ${contrast}`);
            assert.equal(luminance < 0.5 ? 'dark' : 'light', colorScheme);
            const name = `${state.replaceAll(' ', '-')}-${width}-${colorScheme}.png`;
            await page.page.screenshot({ path: `${PICTURES}/${name}`, fullPage: true });
          }
        }, { viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' }));
    }

    test(`${width} px wide, nothing jumps while the page loads, nor from state to state`, () =>
      visit(browser, url, async (page) => {
        assert.deepEqual(await page.page.evaluate(() => window.shifts), []);
        const places = () => Promise.all([page.number, page.send].map((part) => part.boundingBox()));
        const before = await places();
        for (const [state, reach] of STATES) {
          await reach(page);
          assert.deepEqual(await places(), before, state);
        }
      }, { viewport: { width, height: 900 }, before: watchShifts }));
  }
}

/** Runs in the page before all else: keeps what the browser reports as moved. */
function watchShifts() {
  window.shifts = [];
  const keep = (list) => window.shifts.push(...list.getEntries().map(({ value }) => value));
  new PerformanceObserver(keep).observe({ type: 'layout-shift', buffered: true });
}

/** Runs in the page: its width, and the contrast of its text (WCAG 2.2, relative luminance). */
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
  const painted = (color) => color !== 'rgba(0, 0, 0, 0)';
  const behind = [document.body, document.documentElement].map((part) => colorOf(part, 'backgroundColor')).find(painted);
  const [dark, light] = [luminance(behind), luminance(colorOf(document.body, 'color'))].sort((a, b) => a - b);
  return {
    scrollWidth: document.documentElement.scrollWidth,
    contrast: (light + 0.05) / (dark + 0.05),
    luminance: luminance(behind),
  };
}
