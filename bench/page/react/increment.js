// Calls the service with the generated client over gRPC-Web.

import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';

import { IncrementService } from './gen/increment/v1/increment_pb.js';

const client = createClient(IncrementService, createGrpcWebTransport({ baseUrl: location.origin }));

/** Sends a number; fails with a `ConnectError`. */
export async function increment(number) {
  const sentAt = new Date().toTimeString().slice(0, 8);
  const start = performance.now();
  const { number: sent, result: returned } = await client.increment({ number });
  const elapsed = `${(performance.now() - start).toFixed(1)} ms`;
  return { sent: String(sent), returned: String(returned), sentAt, elapsed };
}
