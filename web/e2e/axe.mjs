// Checks the accessibility guidelines (WCAG 2.2, A and AA) with axe-core.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Returns each rule that the page violates in its current state, with the elements. */
export async function violations(page) {
  // Not as a script element, which the content security policy rejects.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations, passed } = await page.evaluate(check, RULES);
  if (passed < 10) throw new Error(`axe checked only ${passed} rules`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(', ')}`);
}

/** Runs in the page: the passed rules list every element, which takes longer to transfer than to check. */
async function check(values) {
  const { violations, passes } = await axe.run({ runOnly: { type: 'tag', values }, resultTypes: ['violations'] });
  return { violations, passed: passes.length };
}
