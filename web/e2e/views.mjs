// The views in which the page is checked: widths of a phone, a tablet and a computer, light and dark.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';

import { violations } from './axe.mjs';
import { root } from './demo.mjs';
import { contentWidth } from './parts.mjs';

const SCREENSHOTS = process.env.E2E_SCREENSHOTS ?? `${root}target/screenshots`;

const COLOR_SCHEMES = ['light', 'dark'];

/** The viewport of each width, in pixels. */
export const VIEWPORTS = [360, 768, 1280].map((width) => ({ width, height: 900 }));

/** Runs `check` with each width, for the page in its current state. */
export async function inEveryWidth(page, check) {
  for (const viewport of VIEWPORTS) {
    await page.setViewportSize(viewport);
    await check(viewport.width);
  }
}

/** The same in every width, light and dark. */
export async function inEveryView(page, check) {
  for (const colorScheme of COLOR_SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await inEveryWidth(page, (width) => check(width, colorScheme));
  }
}

/** Fails if the page does not fit into its width, or violates an accessibility guideline. */
export async function assertUsable(page, width) {
  assert.ok((await contentWidth(page)) <= width, `${await contentWidth(page)} px wide, of ${width}`);
  assert.deepEqual(await violations(page), []);
}

/** Writes a screenshot of the whole page. */
export async function takeScreenshot(page, state, width, colorScheme) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}/${state.replaceAll(' ', '-')}-${width}-${colorScheme}.png`, fullPage: true });
}
