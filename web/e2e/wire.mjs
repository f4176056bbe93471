// The wire section: the recorded bytes, their explanation, and the same call with other tools.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { violations } from './axe.mjs';
import { captureBodies } from './capture.mjs';
import { root } from './demo.mjs';
import { startServer } from './server.mjs';
import { WITHOUT_DESCRIBE, visit } from './visit.mjs';

export const run = promisify(execFile);

/** The body of the request with 5681, and the start of the response with 5682. */
const REQUEST = '000000000308b12c';
const RESPONSE = /^000000000608b12c10b22c80000000/;
const LARGEST = '9223372036854775807';

/** The output of each tool for 5681, without white space. */
const OUTPUT = '{"number":"5681","result":"5682"}';
export const TOOLS = [['curl', OUTPUT], ['grpcurl', OUTPUT], ['buf curl', OUTPUT], ['Python', '5682'], ['JavaScript', '5682'], ['Rust', '5682']];

/** The timeout for cargo, in milliseconds. */
const TIMEOUT = 600_000;

// Errors that the browser logs for failed calls.
const NETWORK = /Failed to load resource|^failed: |^status 502: /;

export function wire(browser, url) {
  for (const width of [360, 1280]) {
    const options = { viewport: { width, height: 900 } };

    test(`${width} px wide, every byte of a call is displayed and explained`, () =>
      visit(browser, url, async (page) => {
        const parts = partsOf(page.page);
        await parts.text('send a number').waitFor();
        assert.equal(await parts.copy.isVisible(), false);
        await page.sendNumber('5681');
        await parts.of('5681').waitFor();
        assert.equal(await hex(parts.request), REQUEST);
        assert.match(await hex(parts.response), RESPONSE);
        for (const part of [parts.request, parts.response]) {
          const displayed = await part.locator('.dump b').allInnerTexts();
          assert.equal(displayed.join(''), await hex(part));
        }
        const text = await parts.section.innerText();
        for (const expected of ['POST /increment.v1.IncrementService/Increment · 8 bytes', 'HTTP 200', 'trailers 15',
          'number = 5681', 'result = 5682', 'field number', 'grpc-status: 0 (OK)']) {
          assert.ok(text.includes(expected), `${expected}: ${text}`);
        }
        assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width);
        const sizes = await parts.section.locator('.dump b, [role=option], summary, button').evaluateAll((all) =>
          all.map((part) => part.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height)));
        assert.ok(Math.min(...sizes) >= 24, `${Math.min(...sizes)} px`);
      }, options));
  }

  for (const width of [360, 768, 1280]) {
    test(`${width} px wide, an example is explained until the first call, which takes as much room`, () =>
      visit(browser, url, async (page) => {
        const parts = partsOf(page.page);
        await parts.text('Example: the call of 5681').waitFor();
        const height = () => parts.section.evaluate(({ offsetHeight }) => offsetHeight);
        const [example, before] = [await parts.section.locator('.dump b').allInnerTexts(), await height()];
        assert.equal(await parts.request.or(parts.response).count(), 0, 'only a call has the test ids');
        await page.sendNumber('5681');
        await parts.of('5681').waitFor();
        assert.deepEqual(await parts.section.locator('.dump b').allInnerTexts(), example);
        await parts.copy.waitFor();
        assert.equal(await height(), before);
        await parts.copyAs('Rust');
        assert.equal(await height(), before);
      }, { viewport: { width, height: 900 } }));
  }

  test('a byte and its meaning are highlighted together, by pointer and keyboard', () =>
    visit(browser, url, async (page) => {
      const parts = partsOf(page.page);
      await page.sendNumber('5681');
      await parts.of('5681').waitFor();
      await parts.request.locator('.dump b').nth(6).hover();
      assert.deepEqual(await parts.highlighted(), ['b1', '2c']);
      assert.match(await parts.meaning(parts.request), /^number = 5681/);
      await parts.response.getByRole('option').filter({ hasText: 'the message' }).hover();
      assert.deepEqual(await parts.highlighted(), ['08', 'b1', '2c', '10', 'b2', '2c']);
      // A line that scrolls under the pointer is highlighted too.
      await page.page.mouse.move(0, 0);
      await parts.request.getByRole('option').first().focus();
      assert.deepEqual(await parts.highlighted(), ['00']);
      await page.page.keyboard.press('ArrowDown');
      assert.deepEqual(await parts.highlighted(), ['00', '00', '00', '03']);
      await page.page.keyboard.press('ArrowUp');
      assert.deepEqual(await parts.highlighted(), ['00']);
      await page.page.keyboard.press('End');
      assert.deepEqual(await parts.highlighted(), ['b1', '2c']);
      await page.page.keyboard.press('Home');
      assert.deepEqual(await parts.highlighted(), ['00']);
      assert.equal(await parts.section.locator('[role=option][aria-selected=true]').count(), 1);
      assert.deepEqual(await violations(page.page), []);
    }));

  test('a touch highlights too', () =>
    visit(browser, url, async (page) => {
      const parts = partsOf(page.page);
      await page.sendNumber('5681');
      await parts.of('5681').waitFor();
      await parts.request.locator('.dump b').nth(5).tap();
      assert.deepEqual(await parts.highlighted(), ['08']);
      await parts.response.getByRole('option').filter({ hasText: 'result = 5682' }).tap();
      assert.deepEqual(await parts.highlighted(), ['b2', '2c']);
    }, { hasTouch: true, viewport: { width: 360, height: 900 } }));

  test('the selected call is explained', () =>
    visit(browser, url, async (page) => {
      const parts = partsOf(page.page);
      for (const [index, number] of ['1', '5681', '-1'].entries()) {
        await page.sendNumber(number);
        await page.waitForRows(index + 1);
      }
      await parts.of('-1').waitFor();
      assert.equal(await hex(parts.request), '000000000b08ffffffffffffffffff01');
      await page.rows.nth(1).click();
      await parts.of('5681').waitFor();
      assert.equal(await hex(parts.request), REQUEST);
    }));

  test('a rejected number is explained', () =>
    visit(browser, url, async (page) => {
      const parts = partsOf(page.page);
      await page.sendNumber(LARGEST);
      await parts.of(LARGEST).waitFor();
      assert.equal(await hex(parts.response), '');
      await parts.text('The service rejected').waitFor();
      await parts.response.locator('summary').click();
      await parts.text('grpc-status: 11 (OUT_OF_RANGE)').waitFor();
    }));
}

export function wireOfOneServer(browser) {
  test('the bytes equal those captured by tshark', async (t) => {
    const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    const port = new URL(server.plaintext).port;
    const recorded = [];
    const captured = await captureBodies(port, '/increment.v1.IncrementService/Increment', () =>
      visit(browser, server.plaintext, async (page) => {
        const parts = partsOf(page.page);
        for (const number of ['5681', '0', '-9223372036854775808', LARGEST]) {
          await page.sendNumber(number);
          await parts.of(number).waitFor();
          recorded.push({ request: await hex(parts.request), response: await hex(parts.response) });
        }
      }));
    assert.deepEqual(captured.map(({ request, response }) => ({ request, response })), recorded);
    for (const { names } of captured) {
      assert.ok(names.includes('x-grpc-web'), names.join());
      assert.ok(!names.includes('increment-exchange'), names.join());
    }
  });

  test('an unreachable server and a response that is not gRPC-Web are reported', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      const parts = partsOf(page.page);
      await page.page.route('**/Increment', (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<b>Bad</b>' }));
      await page.sendNumber('1');
      await parts.of('1').waitFor();
      await parts.text('This is not gRPC-Web').waitFor();
      await page.page.unrouteAll();
      await server.stop();
      await page.sendNumber('5681');
      await parts.of('5681').waitFor();
      await parts.text('No response').waitFor();
      assert.deepEqual([await hex(parts.request), await hex(parts.response)], [REQUEST, '']);
    }, { expected: NETWORK, routes: WITHOUT_DESCRIBE });
  });

  test('a truncated response is displayed up to its end', async (t) => {
    const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    const truncating = await startTruncatingServer();
    t.after(truncating.stop);
    await visit(browser, server.plaintext, async (page) => {
      const parts = partsOf(page.page);
      await page.page.route('**/Increment', (route) => route.continue({ url: truncating.url }));
      const network = await page.page.context().newCDPSession(page.page);
      await network.send('Network.enable');
      const arrived = once(network, 'Network.dataReceived');
      await page.sendNumber('5681');
      await arrived;
      // Two frames later, the page has read it too.
      await page.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      truncating.disconnect();
      await parts.of('5681').waitFor();
      await parts.text('The response is incomplete').waitFor();
      assert.equal(await hex(parts.response), '000000000608b1');
      assert.match(await parts.response.innerText(), /malformed/);
      assert.doesNotMatch(await parts.response.innerHTML(), /<img/);
    }, { expected: NETWORK });
  });

  for (const scheme of ['https', 'http']) {
    test(`the call runs in a shell with every tool, over ${scheme}`, { timeout: TIMEOUT }, async (t) => {
      const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
      t.after(server.stop);
      t.after(() => rmSync(`${root}crates/client/examples`, { recursive: true, force: true }));
      await visit(browser, scheme === 'https' ? server.url : server.plaintext, async (page) => {
        const parts = partsOf(page.page);
        await page.sendNumber('5681');
        await parts.of('5681').waitFor();
        for (const [tool, expected] of TOOLS) {
          const text = await parts.copyAs(tool);
          assert.equal(await page.page.evaluate(() => navigator.clipboard.readText()), text);
          await parts.copied('Copied').waitFor();
          const { stdout } = await run('bash', ['-c', text], { cwd: root });
          assert.equal(stdout.replace(/\s/g, ''), expected, text);
        }
      }, { permissions: ['clipboard-read', 'clipboard-write'] });
    });
  }

  test('without clipboard access, the snippet can be selected', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    for (const width of [360, 1280]) {
      await visit(browser, server.url, async (page) => {
        const parts = partsOf(page.page);
        await page.sendNumber(LARGEST);
        await parts.of(LARGEST).waitFor();
        assert.match(await parts.copyAs('Rust'), new RegExp(LARGEST));
        await parts.copied('Select it and copy').waitFor();
        assert.equal(await parts.snippet.evaluate((pre) => pre.tabIndex), 0);
        assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width);
        await page.sendNumber('1');
        await parts.of('1').waitFor();
        assert.equal(await parts.snippet.isVisible(), false, 'the snippet of another call is removed');
      }, { viewport: { width, height: 900 }, before: () => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); } });
    }
  });
}

export function partsOf(page) {
  const section = page.locator('section.wire');
  const snippet = page.getByTestId('snippet');
  return {
    section,
    snippet,
    request: page.getByTestId('wire-request'),
    response: page.getByTestId('wire-response'),
    copy: section.getByText('Copy as', { exact: true }),
    text: (text) => section.getByText(text).first(),
    copied: (text) => section.getByRole('status').getByText(text),
    /** The title with this number. */
    of: (number) => section.locator('#wire-call', { hasText: new RegExp(`^The call of ${number} at `) }),
    /** The highlighted bytes. */
    highlighted: () => section.locator('.dump b[aria-selected=true]').allInnerTexts(),
    meaning: (part) => part.locator('.meaning').innerText(),
    async copyAs(tool) {
      await section.getByRole('button', { name: tool, exact: true }).click();
      return snippet.evaluate(({ textContent }) => textContent);
    },
  };
}

const hex = (part) => part.getAttribute('data-hex');

/** Starts a server whose response is truncated within the message, with markup in a header. */
async function startTruncatingServer() {
  let disconnect;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc-web+proto', 'x-odd': '<img src=x>' });
    response.write(Buffer.from('000000000608b1', 'hex'));
    disconnect = () => response.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}/increment.v1.IncrementService/Increment`, disconnect: () => disconnect(), stop };
}
