// One visit to the page: its parts by their test ids, and everything the browser complains about. A visit
// that is not told what to expect fails at the first complaint.

import assert from 'node:assert/strict';

/** A call's body is gRPC-Web. */
export const isCall = (request) => request.method() === 'POST';

/**
 * Opens `url`, hands the visit to `act` and closes it. `options` are the browser context's; `expected` is
 * what the console may say, `before` runs in the page before anything of it.
 */
export async function visit(browser, url, act, { expected, before, ...options } = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints = listen(page);
  const calls = [];
  page.on('request', (request) => isCall(request) && calls.push(request));
  try {
    if (before) await page.addInitScript(before);
    await page.goto(url);
    const parts = partsOf(page);
    await parts.send.waitFor();
    await act({ page, calls, ...parts });
    assert.deepEqual(complaints.filter((line) => !expected?.test(line)), []);
  } finally {
    await context.close();
  }
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
