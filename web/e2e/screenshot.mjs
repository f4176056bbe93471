// The README's screenshots: the page after a few clicks, and the bytes of the last one.

import { startBrowser } from './browser.mjs';
import { root, startDemo } from './demo.mjs';
import { visit } from './visit.mjs';

const NUMBERS = ['9180', '41', '5681'];

const demo = await startDemo().started;
try {
  const { browser, end } = await startBrowser();
  try {
    await visit(browser, demo.server, async (page) => {
      for (const [index, number] of NUMBERS.entries()) {
        await page.sendNumber(number);
        await page.waitForRows(index + 1);
      }
      await page.number.fill('');
      await page.number.blur();
      await page.page.mouse.move(0, 0);
      await page.page.screenshot({ path: `${root}docs/page.png` });
      await page.page.getByTestId('wire-request').screenshot({ path: `${root}docs/wire.png` });
    }, { viewport: { width: 1280, height: 604 }, colorScheme: 'light', reducedMotion: 'reduce' });
  } finally {
    await end();
  }
} finally {
  demo.process.kill('SIGTERM');
  await demo.ended;
}
