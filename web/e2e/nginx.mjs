// The page behind nginx with its defaults, below a path.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';

import { temporaryFolder } from './folders.mjs';
import { partsOfCountUp } from './parts.mjs';
import { startServer } from './server.mjs';
import { visit } from './visit.mjs';

// The error that the browser logs for a stream cancelled with the page.
const CANCELLED = /^failed: .*CountUp net::ERR_ABORTED/;

export function nginx(browser) {
  test('behind nginx with its defaults, below a path, streams are not buffered', async (t) => {
    const server = await startServer({ options: ['--plaintext-listen', '127.0.0.1:0'] });
    t.after(server.stop);
    const proxy = await startNginx(server.plaintext);
    t.after(proxy.stop);
    await visit(browser, `${proxy.url}/app/`, async (page) => {
      // Neither stream ends.
      await page.live.waitFor();
      const countUp = partsOfCountUp(page.page);
      await countUp.startButton.click();
      await countUp.values.nth(2).waitFor();
      await page.sendNumber('41');
      await page.waitForRows(1);
      await page.waitForCount({ service: 'increment.v1.IncrementService', method: 'Increment', protocol: 'grpc-web' }, 1n);
    }, { expected: CANCELLED });
  });
}

const PROGRAM = process.env.E2E_NGINX ?? '/usr/sbin/nginx';

/** Starts nginx for the server at `backend`, with only its paths and the two addresses configured. */
async function startNginx(backend) {
  const port = await freePort();
  const folder = temporaryFolder();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  writeFileSync(`${folder}/nginx.conf`, `daemon off; master_process off; pid ${folder}/pid; events {}
    http { access_log off; ${paths.join(' ')}
      server { listen 127.0.0.1:${port}; location /app/ { proxy_pass ${backend}/; } } }`);
  const child = spawn(PROGRAM, ['-c', `${folder}/nginx.conf`, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  let hasExited = false;
  ended.then(() => (hasExited = true));
  while (!(await accepts(port))) if (hasExited) throw new Error('nginx exited before it listened');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { url: `http://localhost:${port}`, stop };
}

/** Returns a free port: nginx does not accept port 0. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
