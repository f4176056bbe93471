// The same call with other tools: the page's snippets, copied and run in a shell.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { root } from './demo.mjs';
import { contentWidth, partsOfWire } from './parts.mjs';
import { startServer } from './server.mjs';
import { inEveryWidth } from './views.mjs';
import { visit } from './visit.mjs';

export const run = promisify(execFile);

const LARGEST = '9223372036854775807';

/** The output of each tool for 5681, without white space. */
const OUTPUT = '{"number":"5681","result":"5682"}';
export const TOOLS = [['curl', OUTPUT], ['grpcurl', OUTPUT], ['buf curl', OUTPUT], ['Python', '5682'], ['JavaScript', '5682'], ['Rust', '5682']];

/** The timeout for cargo, in milliseconds. */
const TIMEOUT = 600_000;

export function snippets(browser) {
  for (const scheme of ['https', 'http']) {
    test(`the call runs in a shell with every tool, over ${scheme}`, { timeout: TIMEOUT }, async (t) => {
      const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
      t.after(server.stop);
      t.after(() => rmSync(`${root}crates/client/examples`, { recursive: true, force: true }));
      await visit(browser, scheme === 'https' ? server.url : server.plaintext, async (page) => {
        const parts = partsOfWire(page.page);
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

  test('without clipboard access, the snippet can be selected, in every width', async (t) => {
    const server = await startServer();
    t.after(server.stop);
    await visit(browser, server.url, async (page) => {
      const parts = partsOfWire(page.page);
      await page.sendNumber(LARGEST);
      await parts.of(LARGEST).waitFor();
      assert.match(await parts.copyAs('Rust'), new RegExp(LARGEST));
      await parts.copied('Select it and copy').waitFor();
      assert.equal(await parts.snippet.evaluate((pre) => pre.tabIndex), 0);
      await inEveryWidth(page.page, async (width) => assert.ok((await contentWidth(page.page)) <= width));
      await page.sendNumber('1');
      await parts.of('1').waitFor();
      assert.equal(await parts.snippet.isVisible(), false, 'the snippet of another call is removed');
    }, { before: () => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); } });
  });
}
