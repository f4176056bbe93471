// The table of contents, and the address of each part.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VIEWPORTS } from './views.mjs';
import { visit } from './visit.mjs';

const PARTS = ['send', 'exchanges', 'latency', 'wire', 'connection', 'many', 'streams', 'accesses'];

export function contents(browser, site) {
  test('each part has an address, which leads to it when the page is opened there', async () => {
    for (const viewport of VIEWPORTS) {
      await visit(browser, `${site.url}/#wire`, async ({ page }) => {
        assert.ok(await isAtTop(page, 'wire'));
      }, { viewport });
    }
  });

  test('each link leads to its part', () => visit(browser, site.url, async ({ page }) => {
    const links = page.getByRole('navigation').getByRole('link');
    assert.deepEqual(await links.evaluateAll((all) => all.map(({ hash }) => hash.slice(1))), PARTS);
    for (const [index, part] of PARTS.entries()) {
      await links.nth(index).press('Enter');
      assert.ok(await isAtTop(page, part), part);
    }
  }, { viewport: VIEWPORTS.at(-1) }));

  for (const viewport of VIEWPORTS.slice(0, 2)) {
    test(`${viewport.width} px wide, the contents are a menu, by keyboard too`, () =>
      visit(browser, site.url, async ({ page }) => {
        const menu = page.getByRole('button', { name: 'Contents' });
        const link = page.getByRole('link', { name: 'Streams', exact: true });
        assert.equal(await link.isVisible(), false);
        await menu.press('Enter');
        assert.equal(await menu.getAttribute('aria-expanded'), 'true');
        await page.keyboard.press('Escape');
        await link.waitFor({ state: 'hidden' });
        await menu.click();
        await link.click();
        await link.waitFor({ state: 'hidden' });
        assert.ok(await isAtTop(page, 'streams'));
      }, { viewport }));
  }
}

/** Waits until a part is at the top of the window, or the page cannot be scrolled further. */
async function isAtTop(page, part) {
  const handle = await page.waitForFunction((id) => {
    const { top } = document.getElementById(id).getBoundingClientRect();
    const { scrollTop, scrollHeight, clientHeight } = document.documentElement;
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - 1;
    const isAtStart = scrollTop === 0 && top < clientHeight;
    return (top >= 0 && top <= 32) || isAtEnd || (isAtStart && top < clientHeight / 2);
  }, part);
  return handle.jsonValue();
}
