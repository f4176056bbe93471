// Calls increment from a page of another origin: the Send button once, the Count up button for a stream.

import { ConnectError, createClient } from '@connectrpc/connect';
import { codeToString } from '@connectrpc/connect/protocol-connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';

import { IncrementService } from './gen/increment/v1/increment_pb.js';

const LIMIT = 10_000; // milliseconds for one answer

const baseUrl = new URLSearchParams(location.search).get('server') ?? 'https://localhost:5000';
const client = createClient(IncrementService, createGrpcWebTransport({ baseUrl }));
const form = document.querySelector('form');
const lines = document.querySelector('output');

/** Sends a number, a random one when the field is empty. */
async function send({ number }) {
  const chosen = BigInt(number || Math.floor(Math.random() * 10_000));
  const answer = await client.increment({ number: chosen }, { timeoutMs: LIMIT });
  show(`Send: ${answer.number}, Return: ${answer.result}`);
}

/** Shows each value as it comes. */
async function countUp({ number, steps }) {
  for await (const { result } of client.countUp({ start: BigInt(number), steps: BigInt(steps) })) show(String(result));
}

/** A browser does not tell a page why it cannot reach a server. */
function describe({ code, rawMessage, cause }) {
  if (!(cause instanceof TypeError)) return `${codeToString(code).toUpperCase()}: ${rawMessage}`;
  return `${baseUrl} is away, not trusted (certs/ca.pem), or not started with --cors-origin ${location.origin}`;
}

function show(line, kind = 'answer') {
  const paragraph = document.createElement('p');
  paragraph.className = kind;
  paragraph.textContent = line;
  lines.append(paragraph);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  lines.replaceChildren();
  lines.ariaBusy = 'true';
  const act = event.submitter.value === 'count-up' ? countUp : send;
  try {
    await act(Object.fromEntries(new FormData(form)));
  } catch (error) {
    show(describe(ConnectError.from(error)), 'failure');
  }
  lines.ariaBusy = 'false';
});
