// The page in real browsers, at the server and at the demo's `trunk serve`. Run by `cargo xtask test`; or manually, with everything
// set up: node --test web/e2e/

import { after, before, describe } from 'node:test';

import { accesses, accessesOfOneServer } from './accesses.mjs';
import { addresses } from './addresses.mjs';
import { appearance, appearanceOfAccesses } from './appearance.mjs';
import { belowPath } from './below_path.mjs';
import { startBrowser } from './browser.mjs';
import { bursts, longBurst } from './burst.mjs';
import { chunks } from './chunks.mjs';
import { clicks } from './clicks.mjs';
import { connection, connectionOfOneServer, connectionOfProxy } from './connection.mjs';
import { contents } from './contents.mjs';
import { deadlines, enforcedDeadlines } from './deadline.mjs';
import { delivery } from './delivery.mjs';
import { startDemo } from './demo.mjs';
import { failures, stoppedServer } from './failures.mjs';
import { firefox } from './firefox.mjs';
import { latencies } from './latency.mjs';
import { concurrentCalls, concurrentCallsOfProxy } from './many.mjs';
import { nginx } from './nginx.mjs';
import { overdue, overdueBehindProxy } from './overdue.mjs';
import { reload } from './reload.mjs';
import { startServer } from './server.mjs';
import { shutdown } from './shutdown.mjs';
import { snippets } from './snippets.mjs';
import { streams, streamsOfOneServer } from './streams.mjs';
import { wire, wireOfOneServer } from './wire.mjs';

/** Groups of tests that run at the same time: on two cores, one more than these, as most tests wait for the server. */
const CONCURRENCY = 3;

/** Tests of a group run one after another. */
const SERIAL = { concurrency: 1 };

/** Starts a server and returns it as a site. The first server makes the certificates, which the browser trusts. */
async function startSite() {
  const { url, stop } = await startServer();
  after(stop);
  return { name: 'the server', url, server: url };
}

// Each group has a server of its own, as some tests wait for exact counts.
const [site, other] = [await startSite(), await startSite()];
const { browser, end } = await startBrowser();
after(end);

// It starts while the first groups run.
const demo = { name: 'trunk serve' };
const started = startDemo().started.then((running) => Object.assign(demo, running, { url: running.trunk }));
after(() => started.then(({ end }) => end(), () => {})); // The groups that need it report its errors.

describe('the page', { concurrency: CONCURRENCY }, () => {
  describe('in all its states, and its copied calls', SERIAL, () => {
    appearance(browser, other);
    overdueBehindProxy(browser, other);
    belowPath(browser, other);
    snippets(browser);
  });

  describe('at the server', SERIAL, () => {
    clicks(browser, site);
    failures(browser, site);
    deadlines(browser, site);
    latencies(browser, site);
    accesses(browser, site);
    connection(browser, site);
    streams(browser, site);
    overdue(browser, site);
    wire(browser, site);
    contents(browser, site);
    delivery(browser, site);
  });

  describe('at servers that stop or have options', SERIAL, () => {
    stoppedServer(browser);
    bursts(browser);
    accessesOfOneServer(browser);
    appearanceOfAccesses(browser);
    connectionOfOneServer(browser);
    concurrentCalls(browser);
    streamsOfOneServer(browser);
    wireOfOneServer(browser);
    chunks(browser);
    addresses(browser);
    nginx(browser);
  });

  describe('in Firefox', SERIAL, firefox);

  describe('at trunk serve', SERIAL, () => {
    before(() => started);
    clicks(browser, demo);
    failures(browser, demo);
    deadlines(browser, demo);
    latencies(browser, demo);
    accesses(browser, demo);
    connectionOfProxy(browser, demo);
    concurrentCallsOfProxy(browser, demo);
    streams(browser, demo);
    overdue(browser, demo);
    wire(browser, demo);
  });
});

describe('the response times of the page', SERIAL, () => {
  before(() => started);
  enforcedDeadlines(browser, site);
  enforcedDeadlines(browser, demo);
  longBurst(browser);
});

describe('the demo', SERIAL, () => {
  before(() => started);
  reload(browser, demo);
  shutdown(demo);
});
