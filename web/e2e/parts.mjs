// The parts of the page as the tests find them. All selectors are here: test ids and roles, and CSS where there is neither.

import assert from 'node:assert/strict';

/** CSS selectors, also for browsers that Playwright does not drive. */
export const CSS = {
  answer: '#answer',
  answerCard: '.answer-card',
  burstCompleted: '#burst-completed',
  byte: '.dump b',
  connectionStatus: '.connection [role=status]',
  connectionSummary: '#connection-summary',
  countUpInterval: '#count-interval',
  countUpFields: '.streams input',
  countUpStatus: '#count-up',
  feed: '.feed',
  handshakeLine: '.ladder > div',
  idle: '[data-testid=send]:not([data-in-flight])',
  manyStatus: '#many-status',
  meaning: '.meaning',
  roundTrip: '.round-trip',
  wireCall: '#wire-call',
  wire: 'section.wire',
};

/** Returns the CSS selector of a test id. */
export const testId = (id) => `[data-testid=${id}]`;

/** Returns the width that the page's content needs, in pixels. */
export const contentWidth = (page) => page.evaluate(() => document.documentElement.scrollWidth);

/** Returns a displayed text with white space collapsed and numbers without separators of thousands. */
export const plain = (text) => text.trim().replace(/\s+/g, ' ').replace(/(\d),(?=\d{3})/g, '$1');

/** Matches a number with or without separators of thousands. */
export const digits = (number) => new RegExp(String(number).replace(/\B(?=(\d{3})+$)/g, ',?'));

/** The number of calls after which the HTTP version must have been displayed. */
export const ATTEMPTS = 10;

/** The form and the history. */
export function partsOfCalls(page) {
  const rows = page.getByTestId('exchange');
  const number = page.getByTestId('number');
  const send = page.getByTestId('send');
  const roundTrip = page.locator(CSS.roundTrip);
  // The rows of earlier tests on the same page.
  let older = 0;
  return {
    async forgetRows() {
      older = await rows.count();
    },
    rows,
    number,
    send,
    failure: page.getByTestId('failure'),
    deadline: page.getByTestId('deadline'),
    answerCard: page.locator(CSS.answerCard),
    roundTrip,
    /** The button while no call is in flight. */
    idle: page.locator(CSS.idle),
    /** Sends a number; an empty text sends a random one. */
    async sendNumber(text) {
      await number.fill(text);
      await send.click();
    },
    /** Sends a number until the line below the answer matches: the browser may know the HTTP version only after the response. */
    async sendUntilDisplayed(pattern, text = '') {
      for (let attempts = 0; attempts < ATTEMPTS; attempts++) {
        const count = await rows.count();
        await number.fill(text);
        await send.click();
        await rows.nth(count).waitFor();
        if (pattern.test(await roundTrip.innerText())) return;
      }
      assert.match(await roundTrip.innerText(), pattern);
    },
    /** Waits for this many rows of the test and returns their data, newest first. */
    async waitForRows(count) {
      await rows.nth(older + count - 1).waitFor();
      assert.equal((await rows.count()) - older, count);
      const data = await rows.evaluateAll((all) => all.map(({ dataset: { sent, returned } }) => ({ sent, returned })));
      return data.slice(0, count);
    },
  };
}

/** The access counts. */
export function partsOfAccesses(page) {
  const section = page.locator('section', { has: page.getByTestId('access-total') });
  const feed = section.locator(CSS.feed);
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
    async accesses() {
      const { total, rows } = await section.evaluate((element) => {
        const read = ({ dataset, textContent }) => ({ ...dataset, text: textContent });
        const rows = [...element.querySelectorAll('[data-testid=access-row]')];
        return { total: read(element.querySelector('[data-testid=access-total]')), rows: rows.map(read) };
      });
      return {
        total: total.count,
        text: plain(total.text),
        rows: rows.map(({ service, method, protocol, count, text }) => ({ service, method, protocol, count, text: plain(text) })),
      };
    },
  };
}

/** The burst. */
export function partsOfBurst(page) {
  const progress = page.getByTestId('burst-progress');
  const form = page.locator('form', { has: progress });
  const [size, inFlight] = ['burst-size', 'burst-in-flight'].map((id) => page.getByTestId(id));
  const startButton = page.getByTestId('burst-start');
  return {
    size,
    inFlight,
    startButton,
    stop: page.getByTestId('burst-stop'),
    status: form.getByRole('status'),
    completed: page.locator(CSS.burstCompleted),
    text: async () => (await form.locator('p').innerText()).trim(),
    ended: () => progress.evaluate(({ value }) => value),
    async start(calls, callsInFlight) {
      await size.fill(String(calls));
      await inFlight.fill(String(callsInFlight));
      await startButton.click();
    },
  };
}

/** The connection and its handshake. */
export function partsOfConnection(page) {
  const description = page.getByTestId('connection');
  return {
    description,
    refresh: page.getByRole('button', { name: 'Refresh' }),
    status: page.locator(CSS.connectionStatus),
    summary: page.locator(CSS.connectionSummary),
    /** Waits for the description, and returns its attributes. */
    async attributes() {
      await description.waitFor();
      return description.evaluate(({ dataset: { tls, http, cipher, group } }) => ({ tls, http, cipher, group }));
    },
    /** Returns the messages of the displayed handshake, each with its sender. */
    messages: () => page.locator(CSS.handshakeLine).evaluateAll((all) =>
      all.filter(({ dataset }) => ['client', 'server', 'both'].includes(dataset.line))
        .map((line) => `${line.dataset.line} ${line.querySelector('dt').textContent}`)),
  };
}

/** The comparison of concurrent calls. */
export function partsOfMany(page) {
  const other = page.getByLabel('The server’s other address');
  const compare = page.getByRole('button', { name: 'Compare' });
  const diagrams = page.getByTestId('waterfall');
  return {
    other,
    compare,
    diagrams,
    status: page.locator(CSS.manyStatus),
    /** Compares with the other address; returns the data of both diagrams. */
    async compareWith(address) {
      await other.fill(address);
      await compare.click();
      await diagrams.nth(1).waitFor();
      return diagrams.evaluateAll((all) => all.map(({ dataset: { http, calls, inFlight }, innerText }) =>
        ({ http, calls, most: Number(inFlight), text: innerText.trim() })));
    },
  };
}

/** The count-up stream. */
export function partsOfCountUp(page) {
  const fields = page.locator(CSS.countUpFields);
  const startButton = page.getByTestId('count-up-start');
  const values = page.getByTestId('count-up-value');
  return {
    fields,
    startButton,
    stop: page.getByTestId('count-up-stop'),
    values,
    status: page.locator(CSS.countUpStatus),
    displayed: () => values.allInnerTexts(),
    /** Fills the fields (start, steps, interval) and starts a stream. */
    async start(...texts) {
      for (const [index, text] of texts.entries()) await fields.nth(index).fill(text);
      await startButton.click();
    },
  };
}

/** The bytes on the wire, and the snippets. */
export function partsOfWire(page) {
  const section = page.locator(CSS.wire);
  const snippet = page.getByTestId('snippet');
  const snippetButton = (tool) => section.getByRole('button', { name: tool, exact: true });
  return {
    section,
    snippet,
    request: page.getByTestId('wire-request'),
    response: page.getByTestId('wire-response'),
    copy: section.getByText('Copy as', { exact: true }),
    text: (text) => section.getByText(text).first(),
    copied: (text) => section.getByRole('status').getByText(text),
    /** The title with this number. */
    of: (number) => section.locator(CSS.wireCall, { hasText: new RegExp(`^The call of ${number} at `) }),
    hex: (part) => part.getAttribute('data-hex'),
    bytes: (part) => part.locator(CSS.byte),
    /** What can be pointed at. */
    targets: section.locator(`${CSS.byte}, [role=option], summary, button`),
    /** The highlighted bytes. */
    highlighted: () => section.locator(`${CSS.byte}[aria-selected=true]`).allInnerTexts(),
    meaning: (part) => part.locator(CSS.meaning).innerText(),
    snippetButton,
    async copyAs(tool) {
      await snippetButton(tool).click();
      return snippet.evaluate(({ textContent }) => textContent);
    },
  };
}
