// The page in a real browser, at both addresses of the demo. Run by `cargo xtask test`; or manually, with everything set up:
// node --test web/e2e/

import { after, describe } from 'node:test';

import { accesses, accessesOfOneServer } from './accesses.mjs';
import { addresses } from './addresses.mjs';
import { belowPath } from './below_path.mjs';
import { startBrowser } from './browser.mjs';
import { bursts } from './burst.mjs';
import { chunks } from './chunks.mjs';
import { clicks } from './clicks.mjs';
import { connection, connectionOfOneServer, connectionOfProxy } from './connection.mjs';
import { deadlines } from './deadline.mjs';
import { delivery } from './delivery.mjs';
import { startDemo } from './demo.mjs';
import { shutdown } from './shutdown.mjs';
import { failures, stoppedServer } from './failures.mjs';
import { latencies } from './latency.mjs';
import { appearance, appearanceOfAccesses } from './appearance.mjs';
import { concurrentCalls, concurrentCallsOfProxy } from './many.mjs';
import { nginx } from './nginx.mjs';
import { reload } from './reload.mjs';
import { overdue, overdueBehindProxy } from './overdue.mjs';
import { streams, streamsOfOneServer } from './streams.mjs';
import { wire, wireOfOneServer } from './wire.mjs';

const demo = await startDemo();
after(demo.end);
const { browser, end } = await startBrowser();
after(end);

describe('the page at the server', () => {
  clicks(browser, demo.server);
  failures(browser, demo.server);
  deadlines(browser, demo.server);
  latencies(browser, demo.server);
  stoppedServer(browser);
  bursts(browser);
  accesses(browser, demo.server, demo.server);
  accessesOfOneServer(browser);
  connection(browser, demo.server);
  connectionOfOneServer(browser);
  concurrentCalls(browser);
  streams(browser, demo.server);
  streamsOfOneServer(browser);
  wire(browser, demo.server);
  wireOfOneServer(browser);
  appearance(browser, demo.server);
  appearanceOfAccesses(browser);
  delivery(browser, demo.server);
  chunks(browser);
  overdue(browser, demo.server);
  overdueBehindProxy(browser, demo.server);
  belowPath(browser, demo.server);
  addresses(browser);
  nginx(browser);
});

describe('the page at trunk serve', () => {
  clicks(browser, demo.trunk);
  failures(browser, demo.trunk);
  deadlines(browser, demo.trunk);
  latencies(browser, demo.trunk);
  accesses(browser, demo.trunk, demo.server);
  connectionOfProxy(browser, demo.trunk);
  concurrentCallsOfProxy(browser, demo.trunk);
  streams(browser, demo.trunk);
  overdue(browser, demo.trunk);
  wire(browser, demo.trunk);
});

describe('the demo', () => {
  reload(browser, [demo.server, demo.trunk]);
  shutdown(demo);
});
