// A visit to the page: its elements by their test ids, and all errors of the browser. Unexpected errors fail the test.

import assert from 'node:assert/strict';

/** The stream of access counts, which a page always has. */
export const isWatch = (request) => request.url().endsWith('/increment.v1.AccessService/WatchAccessCounts');

/** The description of the connection, which a page requests when it is mounted. */
const isDescribe = (request) => request.url().endsWith('/increment.v1.ConnectionService/DescribeConnection');

/** Routes without the description of the connection, for tests that count calls. */
export const WITHOUT_DESCRIBE = { '**/DescribeConnection': () => {} };

/** A call by a person. */
export const isCall = (request) => request.method() === 'POST' && !isWatch(request) && !isDescribe(request);

/**
 * Opens `url`, runs `run` with the visit, and closes the page. `options` are those of the browser context; `expected` matches
 * expected errors, `before` runs before the page, `routes` intercept requests. With `clock`, the page's clock can be advanced.
 */
export async function visit(browser, url, run, { expected, before, routes = {}, clock = false, ...options } = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const errors = collectErrors(page);
  const calls = [];
  page.on('request', (request) => isCall(request) && calls.push(request));
  const streams = countStreams(page);
  try {
    for (const [pattern, handler] of Object.entries(routes)) await page.route(pattern, handler);
    if (before) await page.addInitScript(before);
    if (clock) await page.clock.install();
    await page.goto(url);
    const parts = partsOf(page);
    await parts.send.waitFor();
    await run({ page, calls, streams, ...parts });
    assert.deepEqual(errors.filter((line) => !expected?.test(line)), []);
  } finally {
    await context.close();
  }
}

/** Returns a function that counts the open and started streams of access counts. */
function countStreams(page) {
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

function partsOf(page) {
  const rows = page.getByTestId('exchange');
  const number = page.getByTestId('number');
  const send = page.getByTestId('send');
  return {
    rows,
    number,
    send,
    failure: page.getByTestId('failure'),
    ...partsOfAccesses(page),
    /** Sends a number; an empty text sends a random one. */
    async sendNumber(text) {
      await number.fill(text);
      await send.click();
    },
    /** Waits for this many rows and returns their data, newest first. */
    async waitForRows(count) {
      await rows.nth(count - 1).waitFor();
      assert.equal(await rows.count(), count);
      return rows.evaluateAll((all) => all.map(({ dataset }) => ({ sent: dataset.sent, returned: dataset.returned })));
    },
  };
}

/** The elements of the access counts. */
function partsOfAccesses(page) {
  const section = page.locator('section', { has: page.getByTestId('access-total') });
  const feed = section.locator('.feed');
  const rowOf = ({ service, method, protocol }) =>
    section.locator(`[data-service="${service}"][data-method="${method}"][data-protocol="${protocol}"]`);
  const countOf = async (row) => BigInt((await rowOf(row).count()) ? await rowOf(row).getAttribute('data-count') : 0);
  return {
    section,
    feed,
    live: feed.getByText('Live', { exact: true }),
    rowOf,
    countOf,
    waitForCount: (row, count) => rowOf(row).and(section.locator(`[data-count="${count}"]`)).waitFor(),
    /** Returns the total and the rows, each as data and text. */
    accesses: () => section.evaluate((element) => {
      const textOf = ({ textContent }) => textContent.trim().replace(/\s+/g, ' ');
      const total = element.querySelector('[data-testid=access-total]');
      const rows = [...element.querySelectorAll('[data-testid=access-row]')];
      return {
        total: total.dataset.count,
        text: textOf(total),
        rows: rows.map((row) => {
          const { service, method, protocol, count } = row.dataset;
          return { service, method, protocol, count, text: textOf(row) };
        }),
      };
    }),
  };
}
