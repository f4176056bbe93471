// The page and the services below a path of a proxy.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { root } from './demo.mjs';
import { partsOfConnection, partsOfCountUp, partsOfWire } from './parts.mjs';
import { startProxy } from './proxy.mjs';
import { TOOLS, run } from './snippets.mjs';
import { visit } from './visit.mjs';

const MOUNT = '/app';

/** The tools that call over HTTP/1.1 with a path. */
const BY_PATH = ['curl', 'JavaScript'];

/** The tools whose addresses have no path. */
const WITHOUT_PATH = ['grpcurl', 'Python', 'Rust'];

export function belowPath(browser, site) {
  for (const page of ['/', '/index.html']) {
    test(`every section of the page works at ${MOUNT}${page}`, async (t) => {
      const proxy = await startProxy(site.url, { mount: MOUNT });
      t.after(proxy.stop);
      await visit(browser, proxy.url + page, async (page) => {
        const [wire, countUp] = [partsOfWire(page.page), partsOfCountUp(page.page)];
        await page.live.waitFor();
        await partsOfConnection(page.page).description.waitFor();
        await page.sendNumber('5681');
        assert.deepEqual(await page.waitForRows(1), [{ sent: '5681', returned: '5682' }]);
        await page.sendUntilDisplayed(/^gRPC-Web over HTTP\/1\.1/, '5681');
        await wire.of('5681').waitFor();
        await wire.text(`POST ${MOUNT}/increment.v1.IncrementService/Increment`).waitFor();
        await countUp.start('', '2');
        await countUp.status.filter({ hasText: 'Complete' }).waitFor();
        for (const [tool, expected] of TOOLS) {
          const text = await wire.copyAs(tool);
          if (WITHOUT_PATH.includes(tool)) {
            assert.match(text, /^# A gRPC address has no path/);
            assert.ok(!text.includes(MOUNT), text);
          } else {
            assert.ok(text.includes(`${proxy.url}/increment.v1.IncrementService/Increment`), text);
          }
          if (!BY_PATH.includes(tool)) continue;
          const { stdout } = await run('bash', ['-c', text], { cwd: root });
          assert.equal(stdout.replace(/\s/g, ''), expected, text);
        }
      }, { permissions: ['clipboard-read', 'clipboard-write'] });
    });
  }
}
