// Measures pages in one browser: the time to the first answer, and the calls per second. Prints two tables.
// Usage: node main.mjs --rounds NUMBER NAME=DIR...; ratios are to the second page. `cargo xtask bench page` runs it.

import { parseArgs } from 'node:util';

import { startBrowser } from '../../../web/e2e/browser.mjs';
import { startServer } from '../../../web/e2e/server.mjs';
import { callRates } from './call_rates.mjs';
import { firstAnswers } from './first_answers.mjs';

const { values, positionals } = parseArgs({ options: { rounds: { type: 'string', default: '15' } }, allowPositionals: true });
const rounds = Number(values.rounds);

// Each page has a server; none waits for its disk.
const pages = [];
for (const argument of positionals) {
  const [name, folder] = argument.split('=');
  const { url, stop } = await startServer({ page: folder, options: ['--durability', 'relaxed', '--log', 'error'] });
  pages.push({ name, url, stop });
}
const { browser, end } = await startBrowser();
try {
  console.log(await firstAnswers(browser, pages, rounds));
  console.log(await callRates(browser, pages, rounds));
} finally {
  await end();
  await Promise.all(pages.map(({ stop }) => stop()));
}
