// Does in grpcui's page what a person does: `PAGE SERVICE METHOD FIELD VALUE` fills in a form and prints what the page
// shows then.

import { startBrowser } from '../../../web/e2e/browser.mjs';

const [page, service, method, field, value] = process.argv.slice(2);

const { browser, end } = await startBrowser();
try {
  const visit = await browser.newPage();
  visit.setDefaultTimeout(20_000);
  await visit.goto(page);
  await fillIn(visit);
  for (const text of await answer(visit)) console.log(text);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await end();
}

async function fillIn(visit) {
  await invoke(visit).waitFor();
  await visit.locator('#grpc-service').selectOption(service);
  await invoke(visit).waitFor();
  await visit.locator('#grpc-method').selectOption(method);
  await invoke(visit).waitFor();
  const row = visit.locator('.message_field', { has: visit.getByText(field, { exact: true }) });
  await row.getByRole('checkbox').check();
  await row.getByRole('textbox').fill(value);
}

/** Presses the button and reads the messages, or the error. */
async function answer(visit) {
  await invoke(visit).click();
  await visit.locator('#grpc-response-tab').waitFor();
  const messages = visit.locator('#grpc-response-data textarea');
  const error = visit.locator('#grpc-response-error:visible');
  return [...(await messages.evaluateAll((all) => all.map((one) => one.value))), ...(await error.allInnerTexts())];
}

/** The button, which is disabled until the form for what was chosen is there. */
function invoke(visit) {
  return visit.getByRole('button', { name: 'Invoke', disabled: false });
}
