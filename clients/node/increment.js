// Sends a number to increment and prints the result; `count-up START STEPS` prints a stream of results.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const USAGE = 'usage: node increment.js [NUMBER | count-up START STEPS]';
const ADDRESS = process.env.INCREMENT_ADDRESS || 'localhost:5000';
const CA = process.env.INCREMENT_CA || fileURLToPath(new URL('../../certs/ca.pem', import.meta.url));
const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));
const TIMEOUT_MS = 10_000;

/** Returns a client whose stubs are generated from the contract at run time. */
function connect() {
  // Numbers of 64 bits as strings: JavaScript numbers have 53.
  const definition = loadSync('increment/v1/increment.proto', { includeDirs: [PROTO], longs: String });
  const { IncrementService } = grpc.loadPackageDefinition(definition).increment.v1;
  return new IncrementService(ADDRESS, grpc.credentials.createSsl(readFileSync(CA)));
}

async function increment(client, number) {
  const call = promisify(client.increment).bind(client);
  const response = await call({ number }, { deadline: Date.now() + TIMEOUT_MS });
  console.log(`Send: ${response.number}, Return: ${response.result}`);
}

async function countUp(client, start, steps) {
  process.stdout.on('error', () => process.exit()); // the reader closed the pipe
  for await (const { result } of client.countUp({ start, steps })) console.log(result);
}

/** Whether `text` is a whole number of 64 bits, which `wrap` does not change. */
const fits = (text, wrap) => /^-?\d+$/.test(text) && wrap(64, BigInt(text)) === BigInt(text);

async function main([what = String(Math.floor(Math.random() * 10_000)), ...rest]) {
  const client = connect();
  try {
    if (fits(what, BigInt.asIntN) && rest.length === 0) return await increment(client, what);
    const [start, steps] = rest;
    if (what !== 'count-up' || rest.length !== 2 || !fits(start, BigInt.asIntN) || !fits(steps, BigInt.asUintN)) {
      throw new Error(USAGE);
    }
    await countUp(client, start, steps);
  } finally {
    client.close();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.details === undefined ? error.message : `${grpc.status[error.code]}: ${error.details}`);
  process.exitCode = 1;
});
