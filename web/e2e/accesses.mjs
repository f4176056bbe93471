// Everybody's calls, live: what a person sees of them, at either address and on servers of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { callNothing, incrementInText, report } from './other.mjs';
import { startServer } from './server.mjs';
import { WITHOUT_LOOK, isWatch, visit } from './visit.mjs';

const INCREMENT = { service: 'increment.v1.IncrementService', method: 'Increment' };
const FROM_PAGES = { ...INCREMENT, protocol: 'grpc-web' };
const IN_TEXT = { ...INCREMENT, protocol: 'grpc-web-text' };

/** The longest name that the server takes, in bytes. */
const LONGEST_NAME = 128;

// A stream that the page drops, and what the browser itself notes of calls that nobody answers.
const DROPPED = /^failed: .*WatchAccessCounts net::ERR_ABORTED/;
const NETWORK = /Failed to load resource|^failed: |^status 502: /;

export function accesses(browser, url, server) {
  const on = (act, options) => () => visit(browser, url, act, options);

  test('a click raises the total and its row, without loading anything anew', on(async (page) => {
    await page.live.waitFor();
    const before = await page.countOf(FROM_PAGES);
    await page.send.click();
    await page.waitForCount(FROM_PAGES, before + 1n);
    const { total, words, rows } = await page.accesses();
    assert.equal(total, words, 'what is read is what is meant');
    assert.equal(BigInt(total), rows.reduce((sum, { count }) => sum + BigInt(count), 0n));
    for (const { count, words } of rows) assert.match(words, new RegExp(`\\D${count}$`));
  }));

  test('calls of other pages and programs appear by themselves', on((one) => visit(browser, url, async (other) => {
    await one.live.waitFor();
    const [fromPages, inText] = [await one.countOf(FROM_PAGES), await one.countOf(IN_TEXT)];
    await other.send.click();
    await one.waitForCount(FROM_PAGES, fromPages + 1n);
    await incrementInText(server, 41);
    await one.waitForCount(IN_TEXT, inText + 1n);
    assert.match((await one.rowOf(IN_TEXT).innerText()).replace(/\s+/g, ' '), /gRPC-Web text \d+$/);
  })));

  test('a hidden tab has no stream, and catches up when it is seen again', on(async (page) => {
    await page.live.waitFor();
    const before = await page.countOf(IN_TEXT);
    const dropped = page.page.waitForEvent('requestfailed', isWatch);
    await setVisibility(page.page, 'hidden');
    await dropped;
    assert.deepEqual(page.streams(), { open: 0, started: 1 });
    await page.feed.filter({ hasText: 'Paused' }).waitFor();
    await visit(browser, url, async (other) => {
      await incrementInText(server, 41);
      await other.waitForCount(IN_TEXT, before + 1n);
    });
    assert.equal(await page.countOf(IN_TEXT), before, 'nothing is told to a hidden tab');
    await setVisibility(page.page, 'visible');
    await page.waitForCount(IN_TEXT, before + 1n);
    await page.live.waitFor();
    assert.deepEqual(page.streams(), { open: 1, started: 2 });
  }, { expected: DROPPED }));

  test('where no server is behind a proxy, it is asked until there is one', on(async (page) => {
    await page.feed.filter({ hasText: 'The server is away: trying again' }).waitFor();
    const { total, words, rows } = await page.accesses();
    assert.deepEqual({ total, words, rows }, { total: undefined, words: '–', rows: [] });
    await page.sendNumber('41');
    assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }]);
    await page.page.unrouteAll();
    await page.live.waitFor();
    assert.ok((await page.countOf(FROM_PAGES)) > 0n);
  }, { expected: NETWORK, routes: { '**/WatchAccessCounts': (route) => route.fulfill({ status: 502 }) } }));
}

export function accessesOfOneServer(browser) {
  test('the first part of the page does not wait for the counts', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    const never = { ...WITHOUT_LOOK, '**/WatchAccessCounts': () => {} };
    await visit(browser, server.url, async (page) => {
      await page.sendNumber('41');
      assert.deepEqual(await page.waitForRows(1), [{ sent: '41', returned: '42' }]);
      assert.equal(await page.page.evaluate(() => window.wasComplete), true);
      assert.equal(await page.feed.innerText(), 'Asking the server…');
    }, { routes: never, before: lookAtStart });
  });

  test('before the first call, the page says what will appear', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      await page.live.waitFor();
      assert.deepEqual(await page.accesses(), { total: '0', words: '0', rows: [] });
      const help = page.section.getByText(/^No calls yet\. .*becomes a bar here\.$/);
      await help.waitFor();
      await page.send.click();
      await help.waitFor({ state: 'hidden' });
      assert.deepEqual((await page.accesses()).rows, [{ ...FROM_PAGES, count: '1', words: 'Increment gRPC-Web 1' }]);
    }, { routes: WITHOUT_LOOK });
  });

  for (const [durability, words] of [['strict', /each answer leaves once its access is on disk/],
    ['relaxed', /a crash loses the last 50\sms and the write in progress/]]) {
    test(`the page says that the counts are ${durability}`, async (t) => {
      const server = await startServer({ options: ['--durability', durability] });
      t.after(server.stop);
      await visit(browser, server.url, (page) => page.section.getByText(words).waitFor());
    });
  }

  test('while the server is away its last numbers stay, and none ever falls', async (t) => {
    let server = await startServer();
    t.after(() => server.stop());
    await visit(browser, server.url, async (page) => {
      await page.send.click();
      await incrementInText(server.url, 41);
      await page.waitForCount(IN_TEXT, 1n);
      await page.waitForCount(FROM_PAGES, 1n);
      const before = await page.accesses();

      await server.stop();
      // Each wait is twice the one before it.
      for (const seconds of [1, 2]) await page.feed.filter({ hasText: `away: trying again in ${seconds}\u00a0s` }).waitFor();
      assert.match(await page.feed.innerText(), /last known numbers/);
      assert.equal(await page.section.getAttribute('data-live'), 'false');
      assert.deepEqual(await page.accesses(), before);

      server = await startServer(server);
      await page.live.waitFor();
      assert.equal(await page.section.getAttribute('data-live'), 'true');
      assert.deepEqual(await page.accesses(), before);
      await page.send.click();
      await page.waitForCount(FROM_PAGES, 2n);

      // This one begins from zero.
      await server.stop();
      server = await startServer({ port: server.port });
      await page.live.waitFor();
      await page.send.click();
      await page.waitForRows(3);
      await callNothing(server.url);
      await page.waitForCount({ service: 'unknown', method: 'unknown', protocol: 'unknown' }, 1n);
      assert.deepEqual([await page.countOf(FROM_PAGES), await page.countOf(IN_TEXT)], [2n, 1n]);

      assert.deepEqual(await page.page.evaluate(() => window.falls), []);
      assert.ok(await page.page.evaluate(() => window.looks) > 4);
    }, { expected: NETWORK, before: noteFalls, routes: WITHOUT_LOOK });
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`each protocol has its name and its colour, and all others share one, in ${colorScheme}`, async (t) => {
      const server = await startServer();
      t.after(server.stop);
      const names = {
        connect: 'Connect', grpc: 'gRPC', 'grpc-web': 'gRPC-Web', 'grpc-web-text': 'gRPC-Web text', rest: 'rest', soap: 'soap',
      };
      const rows = Object.keys(names).map((protocol) => ['catalogue.v1.Items', 'Get', protocol, 7]);
      await report(server.url, 'tests', rows);
      await visit(browser, server.url, async (page) => {
        await page.live.waitFor();
        const looks = await page.section.getByTestId('access-row').evaluateAll(lookOfRows);
        assert.deepEqual(looks.map(({ name }) => name), Object.values(names));
        for (const { bar, mark } of looks) assert.equal(bar, mark, 'the mark beside a name has the colour of its bar');
        const colors = looks.map(({ bar }) => bar);
        assert.equal(new Set(colors).size, 5);
        assert.equal(colors[4], colors[5], 'rest and soap');
      }, { colorScheme, reducedMotion: 'reduce', routes: WITHOUT_LOOK });
    });
  }

  test('services of any name are shown, on a narrow screen too', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    const long = ['s', 'm', 'p'].map((letter) => letter.repeat(LONGEST_NAME));
    const many = Array.from({ length: 40 }, (_, index) => ['catalogue.v1.Items', `Get${index}`, 'connect', index + 1]);
    await report(server.url, 'tests', [[...long, 7], ['<b>x</b>', '&amp;', '"', 2n ** 53n], ...many]);
    await callNothing(server.url);
    await visit(browser, server.url, async (page) => {
      await page.live.waitFor();
      const { rows, total } = await page.accesses();
      assert.equal(rows.length, 43);
      assert.equal(total, String(2n ** 53n + 7n + 820n + 1n));
      assert.equal(rows.at(-1).words, 'Calls of methods that do not exist any protocol 1');
      assert.ok(rows.some(({ words }) => words === `&amp; " ${2n ** 53n}`));
      assert.ok(rows.some(({ words }) => words === `${long[1]} ${long[2]} 7`));
      assert.equal(await page.page.evaluate(() => document.documentElement.scrollWidth), 360);
    }, { viewport: { width: 360, height: 900 }, routes: WITHOUT_LOOK });
  });
}

/** Runs in the page: the name of each row's protocol, and the colours of its bar and of the mark beside the name. */
function lookOfRows(rows) {
  return rows.map((row) => ({
    name: row.querySelector('.protocol').textContent,
    bar: getComputedStyle(row.querySelector('rect')).fill,
    mark: getComputedStyle(row.querySelector('.protocol'), '::before').backgroundColor,
  }));
}

/** What the browser does when a person turns to another tab, or back. */
function setVisibility(page, state) {
  return page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    Object.defineProperty(document, 'hidden', { value: state === 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}

/** Runs in the page before all else: notes whether the page was there when it asked for the counts. */
function lookAtStart() {
  const fetchAsBefore = window.fetch;
  window.fetch = (request, init) => {
    if (request.url?.includes('WatchAccessCounts')) window.wasComplete = !!document.querySelector('[data-testid=send]');
    return fetchAsBefore(request, init);
  };
}

/** Runs in the page before all else: looks at every change, and keeps each number that fell or went away. */
function noteFalls() {
  const highest = new Map();
  Object.assign(window, { falls: [], looks: 0 });
  const look = () => {
    const shown = new Map();
    for (const { dataset, textContent } of document.querySelectorAll('[data-testid=access-total], [data-testid=access-row]')) {
      const name = [dataset.testid, dataset.service, dataset.method, dataset.protocol].join(' ');
      if (dataset.count !== undefined) shown.set(name, BigInt(textContent.match(/\d+$/)[0]));
    }
    for (const [name, count] of highest) {
      if (!(shown.get(name) >= count)) window.falls.push(`${name}: ${count}, then ${shown.get(name)}`);
    }
    for (const [name, count] of shown) highest.set(name, count);
    window.looks += 1;
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}
