// One visit to the page: its parts by their test ids, and everything the browser complains about. A visit
// that is not told what to expect fails at the first complaint.

import assert from 'node:assert/strict';

/** The stream of everybody's counts, which a page always has. */
export const isWatch = (request) => request.url().endsWith('/increment.v1.AccessService/WatchAccessCounts');

/** The look at the connection, which a page takes as soon as it is there. */
const isLook = (request) => request.url().endsWith('/increment.v1.ConnectionService/DescribeConnection');

/** For the routes of a visit whose calls are counted: the look at the connection never leaves the page. */
export const WITHOUT_LOOK = { '**/DescribeConnection': () => {} };

/** A call that a click makes. */
export const isCall = (request) => request.method() === 'POST' && !isWatch(request) && !isLook(request);

/**
 * Opens `url`, hands the visit to `act` and closes it. `options` are the browser context's; `expected` is
 * what the console may say, `before` runs in the page before anything of it, `routes` stand between it and the
 * network. With `clock`, the page's clock can be put forward.
 */
export async function visit(browser, url, act, { expected, before, routes = {}, clock = false, ...options } = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints = listen(page);
  const calls = [];
  page.on('request', (request) => isCall(request) && calls.push(request));
  const streams = countStreams(page);
  try {
    for (const [pattern, answer] of Object.entries(routes)) await page.route(pattern, answer);
    if (before) await page.addInitScript(before);
    if (clock) await page.clock.install();
    await page.goto(url);
    const parts = partsOf(page);
    await parts.send.waitFor();
    await act({ page, calls, streams, ...parts });
    assert.deepEqual(complaints.filter((line) => !expected?.test(line)), []);
  } finally {
    await context.close();
  }
}

/** Returns a function that tells how many streams of counts the page has, and has had. */
function countStreams(page) {
  let [started, ended] = [0, 0];
  page.on('request', (request) => (started += isWatch(request)));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => (ended += isWatch(request)));
  return () => ({ open: started - ended, started });
}

function listen(page) {
  const complaints = [];
  page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`status ${response.status()}: ${response.url()}`);
  });
  return complaints;
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
    /** Sends what is typed; empty sends a random number. */
    async sendNumber(text) {
      await number.fill(text);
      await send.click();
    },
    /** Waits for that many rows and returns what they say, newest first. */
    async waitForRows(count) {
      await rows.nth(count - 1).waitFor();
      assert.equal(await rows.count(), count);
      return rows.evaluateAll((all) => all.map(({ dataset }) => ({ sent: dataset.sent, returned: dataset.returned })));
    },
  };
}

/** The part about everybody's calls. */
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
    /** The total and the rows, each in figures and in words. */
    accesses: () => section.evaluate((element) => {
      const words = ({ textContent }) => textContent.trim().replace(/\s+/g, ' ');
      const total = element.querySelector('[data-testid=access-total]');
      const rows = [...element.querySelectorAll('[data-testid=access-row]')];
      return {
        total: total.dataset.count,
        words: words(total),
        rows: rows.map((row) => {
          const { service, method, protocol, count } = row.dataset;
          return { service, method, protocol, count, words: words(row) };
        }),
      };
    }),
  };
}
