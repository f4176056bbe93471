// Calls increment from a page of another origin: one call for the Send button, a stream for the Count up button.

import { ConnectError, createClient } from '@connectrpc/connect';
import { codeToString } from '@connectrpc/connect/protocol-connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';

import { IncrementService } from './gen/increment/v1/increment_pb.js';

const TIMEOUT_MS = 10_000;

const baseUrl = new URLSearchParams(location.search).get('server') ?? 'https://localhost:5000';
const client = createClient(IncrementService, createGrpcWebTransport({ baseUrl }));
const form = document.querySelector('form');
const lines = document.querySelector('output');

/** Sends a number, or a random one if the field is empty. */
async function send({ number }) {
  const chosen = BigInt(number || Math.floor(Math.random() * 10_000));
  const response = await client.increment({ number: chosen }, { timeoutMs: TIMEOUT_MS });
  show(`Send: ${response.number}, Return: ${response.result}`);
}

/** Shows each value when it is received. */
async function countUp({ number, steps }) {
  for await (const { result } of client.countUp({ start: BigInt(number), steps: BigInt(steps) })) show(String(result));
}

/** The text of an error. Browsers do not report why a connection failed. */
function describe({ code, rawMessage, cause }) {
  if (!(cause instanceof TypeError)) return `${codeToString(code).toUpperCase()}: ${rawMessage}`;
  return `cannot connect to ${baseUrl}: is it running, is certs/ca.pem trusted, is --cors-origin ${location.origin} set?`;
}

function show(line, kind = 'result') {
  const paragraph = document.createElement('p');
  paragraph.className = kind;
  paragraph.textContent = line;
  lines.append(paragraph);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  lines.replaceChildren();
  lines.ariaBusy = 'true';
  const call = event.submitter.value === 'count-up' ? countUp : send;
  try {
    await call(Object.fromEntries(new FormData(form)));
  } catch (error) {
    show(describe(ConnectError.from(error)), 'failure');
  }
  lines.ariaBusy = 'false';
});
