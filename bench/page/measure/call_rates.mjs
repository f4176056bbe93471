// The calls of one page at a time: a loop of bare `fetch` as the reference, and each page's burst.

import { inTurn, median, spread, table } from './figures.mjs';
import { burst, fetches } from './loops.mjs';

const LOAD = { calls: 400, inFlight: 16 };

/** Returns a table: the medians of the calls per second, their ratios to bare `fetch`, and the CPU time of the page's thread. */
export async function callRates(browser, pages, rounds) {
  const samples = [await open(browser, { name: 'bare fetch', url: pages[1].url, loop: fetches })];
  for (const { name, url } of pages) samples.push(await open(browser, { name, url, loop: burst }));
  for (let round = -1; round < rounds; round++) {
    for (const { page, session, loop, rates, costs } of inTurn(samples, round + 1)) {
      await page.bringToFront();
      const before = await cpuTime(session);
      const elapsed = await page.evaluate(loop, LOAD);
      if (round < 0) continue; // the first round warms up
      rates.push((LOAD.calls / elapsed) * 1000);
      costs.push((await cpuTime(session) - before) / LOAD.calls);
    }
  }
  const bare = median(samples[0].rates);
  const rows = samples.map(({ name, rates, costs }) =>
    [name, spread(rates), (median(rates) / bare).toFixed(2), `${median(costs).toFixed(2)} ms`]);
  return table([[`calls/s, ${LOAD.inFlight} in flight`, 'median', "to bare fetch's", 'CPU per call'], ...rows]);
}

async function open(browser, { name, url, loop }) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(url);
  await page.getByTestId('send').waitFor();
  return { name, page, session, loop, rates: [], costs: [] };
}

/** Returns how long the page's main thread has been on a CPU, in milliseconds. */
async function cpuTime(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
}
