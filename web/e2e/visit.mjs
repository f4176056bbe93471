// Visits to the page: its parts, its calls, and all errors of the browser. Unexpected errors fail the test.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { partsOfAccesses, partsOfCalls } from './parts.mjs';

/** The timeout of each wait on a machine with other work, in milliseconds. */
const TIMEOUT = 30_000;

/** The viewport of a test that does not choose one. */
const VIEWPORT = { width: 1280, height: 720 };

/** The stream of access counts, which a page always has. */
export const isWatch = (request) => request.url().endsWith('/increment.v1.AccessService/WatchAccessCounts');

/** The description of the connection, which a page requests when it is mounted. */
const isDescribe = (request) => request.url().endsWith('/increment.v1.ConnectionService/DescribeConnection');

/** Routes without the description of the connection, for tests that count calls. */
export const WITHOUT_DESCRIBE = { '**/DescribeConnection': () => {} };

/** A call by a person. */
export const isCall = (request) => request.method() === 'POST' && !isWatch(request) && !isDescribe(request);

/** Resolves when the browser has cancelled a call of this method. */
export const cancelled = (page, method) =>
  page.waitForEvent('requestfailed', (request) => request.url().endsWith(`/${method}`));

/**
 * Opens `url`, runs `run` with the visit, and closes the page. `options` are those of `open`; `expected` matches expected errors.
 */
export async function visit(browser, url, run, { expected, ...options } = {}) {
  const page = await open(browser, url, options);
  try {
    await run(page);
    page.assertNoErrors(expected);
  } finally {
    await page.close();
  }
}

/**
 * Opens one page for all tests of the surrounding `describe`, at the address that `site` has then. Returns a function that makes a
 * test of `run`, which counts calls and rows from its start, with its own routes and viewport. `expected` matches expected
 * errors: `run` waits for them.
 */
export function sharedVisit(browser, site, options) {
  let page;
  before(async () => (page = await open(browser, site.url, options)));
  after(() => page?.close());
  return (run, { expected, routes = {}, viewport = options?.viewport ?? VIEWPORT } = {}) => async () => {
    await page.begin(viewport, routes);
    try {
      await run(page);
      page.assertNoErrors(expected);
    } finally {
      page.forgetErrors();
      await page.page.unrouteAll({ behavior: 'ignoreErrors' });
    }
  };
}

/**
 * Opens `url`. `options` are those of the browser context; `before` runs before the page, `routes` intercept requests. With
 * `clock`, the page's clock can be advanced.
 */
async function open(browser, url, { before: script, routes = {}, clock = false, viewport = VIEWPORT, ...options } = {}) {
  const context = await browser.newContext({ viewport, ...options });
  context.setDefaultTimeout(TIMEOUT);
  const page = await context.newPage();
  const errors = collectErrors(page);
  const calls = [];
  page.on('request', (request) => isCall(request) && calls.push(request));
  const watches = countWatches(page);
  await intercept(page, routes);
  if (script) await page.addInitScript(script);
  if (clock) await page.clock.install();
  await page.goto(url);
  const parts = partsOfCalls(page);
  await parts.send.waitFor();
  return {
    page,
    calls,
    watches,
    ...parts,
    ...partsOfAccesses(page),
    /** Begins a test on a page that others used. */
    async begin(size, routes) {
      calls.length = 0;
      await page.setViewportSize(size);
      await intercept(page, routes);
      await parts.forgetRows();
    },
    assertNoErrors: (expected) => assert.deepEqual(errors.filter((line) => !expected?.test(line)), []),
    forgetErrors: () => errors.splice(0),
    close: () => context.close(),
  };
}

async function intercept(page, routes) {
  for (const [pattern, handler] of Object.entries(routes)) await page.route(pattern, handler);
}

/** Returns a function that counts the open and started streams of access counts. */
function countWatches(page) {
  let [started, ended] = [0, 0];
  page.on('request', (request) => (started += isWatch(request)));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => (ended += isWatch(request)));
  return () => ({ open: started - ended, started });
}

function collectErrors(page) {
  const errors = [];
  page.on('console', (message) => errors.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => errors.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => errors.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) errors.push(`status ${response.status()}: ${response.url()}`);
  });
  return errors;
}
