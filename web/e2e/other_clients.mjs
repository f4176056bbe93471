// Clients other than the page: calls over HTTPS with hand-encoded messages (protobuf's wire format and gRPC-Web's frames),
// independent of the page's code.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';

import { ca, reportToken } from './demo.mjs';

/** Calls Increment over gRPC-Web text. */
export function incrementInText(url, number) {
  const body = frame(integer(1, number)).toString('base64');
  return post(`${url}/increment.v1.IncrementService/Increment`, 'application/grpc-web-text', body);
}

/** Calls a method that does not exist. */
export function callUnknownMethod(url) {
  return post(`${url}/no.Such/Method`, 'application/grpc-web+proto', frame(Buffer.alloc(0)));
}

/** Reports the running totals of another service, as `[service, method, protocol, count]`. */
export function report(url, origin, rows) {
  const row = ([service, method, protocol, count]) =>
    Buffer.concat([text(1, service), text(2, method), text(3, protocol), integer(4, count)]);
  const message = Buffer.concat([text(1, origin), ...rows.map((names) => bytes(2, row(names)))]);
  const headers = { authorization: `Bearer ${readFileSync(reportToken, 'utf8').trim()}` };
  return post(`${url}/increment.v1.AccessService/ReportAccesses`, 'application/grpc-web+proto', frame(message), headers);
}

async function post(url, type, body, headers = {}) {
  const options = { method: 'POST', ca: readFileSync(ca), headers: { 'content-type': type, ...headers } };
  const call = request(url, options);
  call.end(body);
  const [response] = await once(call, 'response');
  await buffer(response);
}

function frame(message) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const integer = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
const text = (field, value) => bytes(field, Buffer.from(value));

function varint(value) {
  const groups = [];
  for (let rest = BigInt(value); rest > 0n || !groups.length; rest >>= 7n) groups.push(Number(rest & 127n));
  return Buffer.from(groups.map((group, index) => (index + 1 < groups.length ? group | 128 : group)));
}
