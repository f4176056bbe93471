// The page in Debian's Firefox, over HTTP/2 and HTTP/1.1. Puppeteer drives it over WebDriver BiDi; Playwright does not, since it
// needs commands that this Firefox does not have.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import puppeteer from 'puppeteer-core';

import { ca } from './demo.mjs';
import { ATTEMPTS, CSS, testId } from './parts.mjs';
import { startServer } from './server.mjs';
import { REQUEST, RESPONSE } from './wire.mjs';

const PROGRAM = '/usr/bin/firefox-esr';

/** The timeout of each wait on a machine with other work, in milliseconds. */
const TIMEOUT = 30_000;

const LARGEST = '9223372036854775807';

// The errors of a stopped stream, and of a stopped server. Everything else on the console fails the test.
const CANCELLED = /^failed: .*\/CountUp NS_BINDING_ABORTED$/;
const REFUSED = /^failed: .*(NS_ERROR_CONNECTION_REFUSED|NS_ERROR_NET_\w+|NS_BINDING_ABORTED|NS_ERROR_FAILURE)$/;

export function firefox() {
  let browser;
  before(async () => (browser = await startFirefox()));
  after(() => browser?.end());

  for (const [address, version] of [['url', 'HTTP/2'], ['plaintext', 'HTTP/1.1']]) {
    test(`over ${version}, a call, its bytes, a stream and failures are displayed`, async (t) => {
      const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
      t.after(server.stop);
      const page = await browser.newPage();
      t.after(() => page.close());
      const errors = collectErrors(page);
      await page.goto(server[address]);
      await callIsDisplayed(page, version);
      await bytesAreDisplayed(page);
      await failureIsDisplayed(page, LARGEST, 'OUT_OF_RANGE', /number/);
      assert.deepEqual(errors, []);
      await streamStops(page);
      assert.deepEqual(errors.filter((line) => !CANCELLED.test(line)), []);
      await server.stop();
      await failureIsDisplayed(page, '1', 'UNAVAILABLE', /stopped/);
      assert.deepEqual(errors.filter((line) => !REFUSED.test(line)), []);
    });
  }
}

async function callIsDisplayed(page, version) {
  await send(page, '5681');
  const row = await page.waitForSelector(testId('exchange'));
  assert.deepEqual(await row.evaluate(({ dataset: { sent, returned } }) => ({ sent, returned })), { sent: '5681', returned: '5682' });
  const displayed = () => page.$eval(CSS.roundTrip, ({ innerText }) => innerText);
  for (let calls = 2; !(await displayed()).includes(`gRPC-Web over ${version} `); calls++) {
    // The browser may know the version only after the response.
    assert.ok(calls <= ATTEMPTS, await displayed());
    await send(page, '5681');
    await page.waitForFunction((rows, count) => document.querySelectorAll(rows).length === count, {}, testId('exchange'), calls);
  }
}

async function bytesAreDisplayed(page) {
  await hasText(page, CSS.wireCall, 'The call of 5681 at ');
  for (const [part, expected] of [['wire-request', new RegExp(`^${REQUEST}$`)], ['wire-response', RESPONSE]]) {
    const hex = await page.$eval(testId(part), ({ dataset }) => dataset.hex);
    assert.match(hex, expected);
    const displayed = await page.$$eval(`${testId(part)} ${CSS.byte}`, (all) => all.map(({ textContent }) => textContent));
    assert.equal(displayed.join(''), hex);
  }
  for (const text of ['number = 5681', 'result = 5682', 'grpc-status: 0 (OK)']) await hasText(page, CSS.wire, text);
}

async function streamStops(page) {
  await page.locator(CSS.countUpInterval).fill('10');
  await page.locator(testId('count-up-start')).click();
  const values = () => page.$$eval(testId('count-up-value'), (all) => all.map(({ textContent }) => textContent));
  await page.waitForFunction((values) => document.querySelectorAll(values).length >= 3, {}, testId('count-up-value'));
  assert.deepEqual((await values()).slice(0, 3), ['1', '2', '3']);
  await page.locator(testId('count-up-stop')).click();
  await hasText(page, CSS.countUpStatus, 'Stopped');
}

async function failureIsDisplayed(page, number, code, text) {
  await send(page, number);
  const failure = await page.waitForSelector(`${testId('failure')}[data-code=${code}]`);
  assert.match(await failure.evaluate(({ innerText }) => innerText), text);
}

async function send(page, number) {
  await page.locator(testId('number')).fill(number);
  await page.locator(testId('send')).click();
}

/** Waits until the element contains `text`; fails with what it contains. */
async function hasText(page, selector, text) {
  const contains = (selector, text) => document.querySelector(selector)?.innerText.includes(text);
  await page.waitForFunction(contains, {}, selector, text).catch(async (cause) => {
    throw new Error(`${selector} is without “${text}”: ${await page.$eval(selector, ({ innerText }) => innerText)}`, { cause });
  });
}

function collectErrors(page) {
  page.setDefaultTimeout(TIMEOUT);
  const errors = [];
  page.on('console', (message) => errors.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => errors.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => errors.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  return errors;
}

/** Starts Firefox with a temporary profile, in which the development CA is imported; `end` closes it and removes the profile. */
async function startFirefox() {
  const profile = mkdtempSync(join(tmpdir(), 'increment-firefox-'));
  const certutil = (...options) => execFileSync('certutil', ['-d', `sql:${profile}`, ...options]);
  certutil('-N', '--empty-password');
  certutil('-A', '-n', 'increment', '-t', 'C,,', '-i', ca);
  const browser = await puppeteer.launch({
    browser: 'firefox', executablePath: PROGRAM, userDataDir: profile, env: { ...process.env, HOME: profile },
  });
  const end = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { newPage: () => browser.newPage(), end };
}
