// The access counts, live: at both addresses of the demo, and on separate servers.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { callUnknownMethod, incrementInText, report } from './other_clients.mjs';
import { contentWidth, plain } from './parts.mjs';
import { startServer } from './server.mjs';
import { WITHOUT_DESCRIBE, cancelled, sharedVisit, visit } from './visit.mjs';

const INCREMENT = { service: 'increment.v1.IncrementService', method: 'Increment' };
const FROM_PAGES = { ...INCREMENT, protocol: 'grpc-web' };
const IN_TEXT = { ...INCREMENT, protocol: 'grpc-web-text' };

/** The maximum length of a name at the server, in bytes. */
const MAX_NAME = 128;

// Errors that the browser logs for a cancelled stream, and for failed requests.
const CANCELLED = /^failed: .*WatchAccessCounts net::ERR_ABORTED/;
const NETWORK = /Failed to load resource|^failed: |^status 502: /;

export function accesses(browser, site) {
  describe('access counts', () => {
    const on = sharedVisit(browser, site);

    test('a click increases the total and its row without a reload', on(async (page) => {
      await page.live.waitFor();
      const before = await page.countOf(FROM_PAGES);
      await page.send.click();
      await page.waitForCount(FROM_PAGES, before + 1n);
      const { total, text, rows } = await page.accesses();
      assert.equal(total, text, 'the text and the attribute are equal');
      assert.equal(BigInt(total), rows.reduce((sum, { count }) => sum + BigInt(count), 0n));
      for (const { count, text } of rows) assert.match(text, new RegExp(`\\D${count}$`));
    }));

    test('calls of other pages and programs appear live', on((one) => visit(browser, site.url, async (other) => {
      await one.live.waitFor();
      const [fromPages, inText] = [await one.countOf(FROM_PAGES), await one.countOf(IN_TEXT)];
      await other.send.click();
      await one.waitForCount(FROM_PAGES, fromPages + 1n);
      await incrementInText(site.server, 41);
      await one.waitForCount(IN_TEXT, inText + 1n);
      assert.match(plain(await one.rowOf(IN_TEXT).innerText()), /gRPC-Web text \d+$/);
    })));
  });

  test('a hidden tab has no stream, and catches up when it is visible', () => visit(browser, site.url, async (page) => {
    await page.live.waitFor();
    const before = await page.countOf(IN_TEXT);
    const ended = cancelled(page.page, 'WatchAccessCounts');
    await setVisibility(page.page, 'hidden');
    await ended;
    assert.deepEqual(page.watches(), { open: 0, started: 1 });
    await page.feed.filter({ hasText: 'Paused' }).waitFor();
    await visit(browser, site.url, async (other) => {
      await incrementInText(site.server, 41);
      await other.waitForCount(IN_TEXT, before + 1n);
    });
    assert.equal(await page.countOf(IN_TEXT), before, 'a hidden tab is not updated');
    await setVisibility(page.page, 'visible');
    await page.waitForCount(IN_TEXT, before + 1n);
    await page.live.waitFor();
    assert.deepEqual(page.watches(), { open: 1, started: 2 });
  }, { expected: CANCELLED }));

  test('behind a proxy without a server, the page reconnects until there is one', () => visit(browser, site.url, async (page) => {
    await page.feed.filter({ hasText: 'The server is unavailable: retrying' }).waitFor();
    const { total, text, rows } = await page.accesses();
    assert.deepEqual({ total, text, rows }, { total: undefined, text: '–', rows: [] });
    await page.sendNumber('41');
    assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }]);
    await page.page.unrouteAll();
    await page.live.waitFor();
    assert.ok((await page.countOf(FROM_PAGES)) > 0n);
  }, { expected: NETWORK, routes: { '**/WatchAccessCounts': (route) => route.fulfill({ status: 502 }) } }));
}

export function accessesOfOneServer(browser) {
  test('the form does not wait for the counts', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    const never = { ...WITHOUT_DESCRIBE, '**/WatchAccessCounts': () => {} };
    await visit(browser, server.url, async (page) => {
      await page.sendNumber('41');
      assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }]);
      assert.equal(await page.page.evaluate(() => window.wasComplete), true);
      assert.equal(await page.feed.innerText(), 'Connecting to the server…');
    }, { routes: never, before: recordStart });
  });

  test('before the first call, the page describes what will appear', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      await page.live.waitFor();
      assert.deepEqual(await page.accesses(), { total: '0', text: '0', rows: [] });
      const help = page.section.getByText(/^No calls yet\. .*becomes a bar here\.$/);
      await help.waitFor();
      await page.send.click();
      await help.waitFor({ state: 'hidden' });
      assert.deepEqual((await page.accesses()).rows, [{ ...FROM_PAGES, count: '1', text: 'Increment gRPC-Web 1' }]);
    }, { routes: WITHOUT_DESCRIBE });
  });

  for (const [durability, description] of [['strict', /a response is sent once its access is committed to disk/],
    ['relaxed', /a crash loses the last 50\sms and the write in progress/]]) {
    test(`the page describes ${durability} durability`, async (t) => {
      const server = await startServer({ options: ['--durability', durability] });
      t.after(server.stop);
      await visit(browser, server.url, (page) => page.section.getByText(description).waitFor());
    });
  }

  test('while the server is unavailable its last counts are displayed, and none decreases', async (t) => {
    let server = await startServer();
    t.after(() => server.stop());
    await visit(browser, server.url, async (page) => {
      await page.send.click();
      await incrementInText(server.url, 41);
      await page.waitForCount(IN_TEXT, 1n);
      await page.waitForCount(FROM_PAGES, 1n);
      const before = await page.accesses();

      await server.stop();
      // Each delay is twice the previous one.
      for (const seconds of [1, 2]) await page.feed.filter({ hasText: `unavailable: retrying in ${seconds}\u00a0s` }).waitFor();
      assert.match(await page.feed.innerText(), /last known numbers/);
      assert.equal(await page.section.getAttribute('data-live'), 'false');
      assert.deepEqual(await page.accesses(), before);

      server = await startServer(server);
      await page.live.waitFor();
      assert.equal(await page.section.getAttribute('data-live'), 'true');
      assert.deepEqual(await page.accesses(), before);
      await page.send.click();
      await page.waitForCount(FROM_PAGES, 2n);

      // This server starts from zero.
      await server.stop();
      server = await startServer({ port: server.port });
      await page.live.waitFor();
      await page.send.click();
      await page.waitForRows(3);
      await callUnknownMethod(server.url);
      await page.waitForCount({ service: 'unknown', method: 'unknown', protocol: 'unknown' }, 1n);
      assert.deepEqual([await page.countOf(FROM_PAGES), await page.countOf(IN_TEXT)], [2n, 1n]);

      assert.deepEqual(await page.page.evaluate(() => window.decreases), []);
      assert.ok(await page.page.evaluate(() => window.checks) > 4);
    }, { expected: NETWORK, before: recordDecreases, routes: WITHOUT_DESCRIBE });
  });

  test('each protocol has its name and colour, and unknown ones share a colour, in light and dark', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    const names = {
      connect: 'Connect', grpc: 'gRPC', 'grpc-web': 'gRPC-Web', 'grpc-web-text': 'gRPC-Web text', rest: 'rest', soap: 'soap',
    };
    const rows = Object.keys(names).map((protocol) => ['catalogue.v1.Items', 'Get', protocol, 7]);
    await report(server.url, 'tests', rows);
    await visit(browser, server.url, async (page) => {
      await page.live.waitFor();
      for (const colorScheme of ['light', 'dark']) {
        await page.page.emulateMedia({ colorScheme });
        const styles = await page.section.getByTestId('access-row').evaluateAll(stylesOfRows);
        assert.deepEqual(styles.map(({ name }) => name), Object.values(names));
        for (const { bar, mark } of styles) assert.equal(bar, mark, 'the mark beside a name has the colour of its bar');
        const colors = styles.map(({ bar }) => bar);
        assert.equal(new Set(colors).size, 5);
        assert.equal(colors[4], colors[5], 'rest and soap');
      }
    }, { reducedMotion: 'reduce', routes: WITHOUT_DESCRIBE });
  });

  test('services of any name are displayed, on a narrow screen too', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    const long = ['s', 'm', 'p'].map((letter) => letter.repeat(MAX_NAME));
    const many = Array.from({ length: 40 }, (_, index) => ['catalogue.v1.Items', `Get${index}`, 'connect', index + 1]);
    await report(server.url, 'tests', [[...long, 7], ['<b>x</b>', '&amp;', '"', 2n ** 53n], ...many]);
    await callUnknownMethod(server.url);
    await visit(browser, server.url, async (page) => {
      await page.live.waitFor();
      const { rows, total } = await page.accesses();
      assert.equal(rows.length, 43);
      assert.equal(total, String(2n ** 53n + 7n + 820n + 1n));
      assert.equal(rows.at(-1).text, 'Calls of methods that do not exist any protocol 1');
      assert.ok(rows.some(({ text }) => text === `&amp; " ${2n ** 53n}`));
      assert.ok(rows.some(({ text }) => text === `${long[1]} ${long[2]} 7`));
      assert.equal(await contentWidth(page.page), 360);
    }, { viewport: { width: 360, height: 900 }, routes: WITHOUT_DESCRIBE });
  });
}

/** Runs in the page: returns the name of each row's protocol, and the colours of its bar and mark. */
function stylesOfRows(rows) {
  return rows.map((row) => ({
    name: row.querySelector('.protocol').textContent,
    bar: getComputedStyle(row.querySelector('rect')).fill,
    mark: getComputedStyle(row.querySelector('.protocol'), '::before').backgroundColor,
  }));
}

/** Simulates a change to another tab, or back. */
function setVisibility(page, state) {
  return page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    Object.defineProperty(document, 'hidden', { value: state === 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}

/** Runs before the page: records whether the page was mounted when it requested the counts. */
function recordStart() {
  const innerFetch = window.fetch;
  window.fetch = (request, init) => {
    if (request.url?.includes('WatchAccessCounts')) window.wasComplete = !!document.querySelector('[data-testid=send]');
    return innerFetch(request, init);
  };
}

/** Runs before the page: checks every change, and records each count that decreased or disappeared. */
function recordDecreases() {
  const highest = new Map();
  Object.assign(window, { decreases: [], checks: 0 });
  const check = () => {
    const current = new Map();
    for (const { dataset, textContent } of document.querySelectorAll('[data-testid=access-total], [data-testid=access-row]')) {
      const name = [dataset.testid, dataset.service, dataset.method, dataset.protocol].join(' ');
      if (dataset.count !== undefined) current.set(name, BigInt(textContent.match(/[\d,]+$/)[0].replaceAll(',', '')));
    }
    for (const [name, count] of highest) {
      if (!(current.get(name) >= count)) window.decreases.push(`${name}: ${count}, then ${current.get(name)}`);
    }
    for (const [name, count] of current) highest.set(name, count);
    window.checks += 1;
  };
  new MutationObserver(check).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}
