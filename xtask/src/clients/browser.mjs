// The client in the browser as a program like the other languages' clients, with their arguments and settings: opens
// its page in Chromium, does there what a person does, and prints what the page shows.

import { startBrowser } from '../../../web/e2e/browser.mjs';

const page = process.env.INCREMENT_ORIGIN ?? 'http://localhost:8000';
const words = process.argv.slice(2);
const server = `https://${process.env.INCREMENT_ADDRESS ?? 'localhost:5000'}`;
const countsUp = words[0] === 'count-up';
const [number = '', steps = '0'] = countsUp ? words.slice(1) : words;

const { browser, end } = await startBrowser();
try {
  const visit = await browser.newPage();
  visit.setDefaultTimeout(20_000);
  await visit.goto(`${page}?server=${encodeURIComponent(server)}`);
  await visit.getByLabel('Number').fill(number);
  await visit.getByLabel('Steps').fill(steps);
  await visit.getByRole('button', { name: countsUp ? 'Count up' : 'Send' }).click();
  await visit.locator('output[aria-busy=false]').waitFor();
  const read = (lines) => visit.locator(lines).allTextContents();
  for (const line of await read('output .result')) console.log(line);
  fail(await read('output .failure'));
} catch (error) {
  fail([error.message.split('\n')[0]]);
} finally {
  await end();
}

function fail(lines) {
  for (const line of lines) console.error(line);
  if (lines.length > 0) process.exitCode = 1;
}
