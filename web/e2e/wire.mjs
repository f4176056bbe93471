// The wire section: the recorded bytes and their explanation.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';

import { violations } from './axe.mjs';
import { captureBodies } from './capture.mjs';
import { contentWidth, partsOfWire } from './parts.mjs';
import { startServer } from './server.mjs';
import { VIEWPORTS, inEveryWidth } from './views.mjs';
import { WITHOUT_DESCRIBE, sharedVisit, visit } from './visit.mjs';

/** The body of the request with 5681, and the start of the response with 5682. */
export const REQUEST = '000000000308b12c';
export const RESPONSE = /^000000000608b12c10b22c80000000/;
const LARGEST = '9223372036854775807';

/** The minimum size of what can be pointed at, in pixels (WCAG 2.2, 2.5.8). */
const TARGET_SIZE = 24;

// Errors that the browser logs for failed calls.
const NETWORK = /Failed to load resource|^failed: |^status 502: /;

export function wire(browser, site) {
  test('every byte of a call is displayed and explained, in every width', () => visit(browser, site.url, async (page) => {
    const parts = partsOfWire(page.page);
    await inEveryWidth(page.page, async () => {
      await parts.text('send a number').waitFor();
      assert.equal(await parts.copy.isVisible(), false);
    });
    await page.sendNumber('5681');
    await parts.of('5681').waitFor();
    await inEveryWidth(page.page, (width) => assertExplained(page.page, parts, width));
  }));

  test('an example is explained until the first call, which takes as much room, in every width', async () => {
    for (const viewport of VIEWPORTS) {
      await visit(browser, site.url, async (page) => {
        const parts = partsOfWire(page.page);
        await parts.text('Example: the call of 5681').waitFor();
        const height = () => parts.section.evaluate(({ offsetHeight }) => offsetHeight);
        const [example, before] = [await parts.bytes(parts.section).allInnerTexts(), await height()];
        assert.equal(await parts.request.or(parts.response).count(), 0, 'only a call has the test ids');
        await page.sendNumber('5681');
        await parts.of('5681').waitFor();
        assert.deepEqual(await parts.bytes(parts.section).allInnerTexts(), example);
        await parts.copy.waitFor();
        assert.equal(await height(), before);
        await parts.copyAs('Rust');
        assert.equal(await height(), before);
      }, { viewport });
    }
  });

  describe('the bytes on the wire', () => {
    const on = sharedVisit(browser, site);

    test('a byte and its meaning are highlighted together, by pointer and keyboard', on(async (page) => {
      const parts = partsOfWire(page.page);
      await page.sendNumber('5681');
      await parts.of('5681').waitFor();
      await parts.bytes(parts.request).nth(6).hover();
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

    test('the selected call is explained', on(async (page) => {
      const parts = partsOfWire(page.page);
      for (const [index, number] of ['1', '5681', '-1'].entries()) {
        await page.sendNumber(number);
        await page.waitForRows(index + 1);
      }
      await parts.of('-1').waitFor();
      assert.equal(await parts.hex(parts.request), '000000000b08ffffffffffffffffff01');
      await page.rows.nth(1).click();
      await parts.of('5681').waitFor();
      assert.equal(await parts.hex(parts.request), REQUEST);
      // For the tests that follow, the newest call is selected again.
      await page.rows.first().click();
    }));

    test('a rejected number is explained', on(async (page) => {
      const parts = partsOfWire(page.page);
      await page.sendNumber(LARGEST);
      await parts.of(LARGEST).waitFor();
      assert.equal(await parts.hex(parts.response), '');
      await parts.text('The service rejected').waitFor();
      await parts.response.locator('summary').click();
      await parts.text('grpc-status: 11 (OUT_OF_RANGE)').waitFor();
    }));
  });

  test('a touch highlights too', () => visit(browser, site.url, async (page) => {
    const parts = partsOfWire(page.page);
    await page.sendNumber('5681');
    await parts.of('5681').waitFor();
    await parts.bytes(parts.request).nth(5).tap();
    assert.deepEqual(await parts.highlighted(), ['08']);
    await parts.response.getByRole('option').filter({ hasText: 'result = 5682' }).tap();
    assert.deepEqual(await parts.highlighted(), ['b2', '2c']);
  }, { hasTouch: true, viewport: { width: 360, height: 900 } }));
}

/** Fails unless the call of 5681 is displayed with all its bytes, in this width. */
async function assertExplained(page, parts, width) {
  assert.equal(await parts.hex(parts.request), REQUEST);
  assert.match(await parts.hex(parts.response), RESPONSE);
  for (const part of [parts.request, parts.response]) {
    const displayed = await parts.bytes(part).allInnerTexts();
    assert.equal(displayed.join(''), await parts.hex(part));
  }
  const text = await parts.section.innerText();
  for (const expected of ['POST /increment.v1.IncrementService/Increment · 8 bytes', 'HTTP 200', 'trailers 15',
    'number = 5681', 'result = 5682', 'field number', 'grpc-status: 0 (OK)']) {
    assert.ok(text.includes(expected), `${expected}: ${text}`);
  }
  assert.ok((await contentWidth(page)) <= width);
  const sizes = await parts.targets.evaluateAll((all) =>
    all.map((part) => part.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height)));
  assert.ok(Math.min(...sizes) >= TARGET_SIZE, `${Math.min(...sizes)} px`);
}

export function wireOfOneServer(browser) {
  test('the bytes equal those captured by tshark', async (t) => {
    const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    const port = new URL(server.plaintext).port;
    const recorded = [];
    const captured = await captureBodies(port, '/increment.v1.IncrementService/Increment', () =>
      visit(browser, server.plaintext, async (page) => {
        const parts = partsOfWire(page.page);
        for (const number of ['5681', '0', '-9223372036854775808', LARGEST]) {
          await page.sendNumber(number);
          await parts.of(number).waitFor();
          recorded.push({ request: await parts.hex(parts.request), response: await parts.hex(parts.response) });
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
      const parts = partsOfWire(page.page);
      await page.page.route('**/Increment', (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<b>Bad</b>' }));
      await page.sendNumber('1');
      await parts.of('1').waitFor();
      await parts.text('This is not gRPC-Web').waitFor();
      await page.page.unrouteAll();
      await server.stop();
      await page.sendNumber('5681');
      await parts.of('5681').waitFor();
      await parts.text('No response').waitFor();
      assert.deepEqual([await parts.hex(parts.request), await parts.hex(parts.response)], [REQUEST, '']);
    }, { expected: NETWORK, routes: WITHOUT_DESCRIBE });
  });

  test('a truncated response is displayed up to its end', async (t) => {
    const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    const truncating = await startTruncatingServer();
    t.after(truncating.stop);
    await visit(browser, server.plaintext, async (page) => {
      const parts = partsOfWire(page.page);
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
      assert.equal(await parts.hex(parts.response), '000000000608b1');
      assert.match(await parts.response.innerText(), /malformed/);
      assert.doesNotMatch(await parts.response.innerHTML(), /<img/);
    }, { expected: NETWORK });
  });
}

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
