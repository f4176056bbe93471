// The time from navigation to the first answer in the DOM, with an empty cache, on a fast and on a slow CPU.

import { inTurn, median, spread, table } from './figures.mjs';

/** How many times slower than this machine's the CPU of the page is. */
const SLOWDOWNS = [1, 4];

/** Returns a table: the pages' medians in milliseconds, and their ratios to the second page. */
export async function firstAnswers(browser, pages, rounds) {
  const samples = pages.flatMap((page) => SLOWDOWNS.map((slowdown) => ({ page, slowdown, visits: [] })));
  for (let round = -1; round < rounds; round++) {
    for (const { page, slowdown, visits } of inTurn(samples, round + 1)) {
      const visit = await firstAnswer(browser, page.url, slowdown);
      if (round >= 0) visits.push(visit); // the first round warms up
    }
  }
  const answers = ({ visits }) => visits.map(({ answer }) => answer);
  const rows = samples.map((sample) => {
    const reference = samples.find(({ page, slowdown }) => page === pages[1] && slowdown === sample.slowdown);
    const ratio = median(answers(sample)) / median(answers(reference));
    const buttons = sample.visits.map(({ button }) => button);
    return [sample.page.name, `${sample.slowdown}x`, spread(buttons), spread(answers(sample)), ratio.toFixed(2)];
  });
  return table([['first answer, ms', 'CPU', 'button', 'answer', `to ${pages[1].name}'s`], ...rows]);
}

/** Returns the times of the button and of the answer, in milliseconds since the navigation. */
async function firstAnswer(browser, url, slowdown) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(clickAtOnce);
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await page.goto(url, { waitUntil: 'commit' });
  const times = await page.evaluate(() => window.firstAnswer);
  await context.close();
  return times;
}

/** Runs in the page before its scripts: clicks the button when it appears, and takes the times. */
function clickAtOnce() {
  const times = {};
  window.firstAnswer = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      const button = document.querySelector('[data-testid=send]');
      if (button && !times.button) {
        times.button = performance.now();
        button.click();
      }
      if (!document.querySelector('[data-testid=exchange][data-returned]')) return;
      observer.disconnect();
      resolve({ ...times, answer: performance.now() });
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true });
  });
}
