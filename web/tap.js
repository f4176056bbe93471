// Records the exchange of a call with the header `increment-exchange: <id>`: both heads, and the bytes of both bodies. It is
// the innermost wrapper of `fetch`, and removes the header before the request is sent. `web/src/api/tap.rs` takes the record
// after the call.

const HEADER = "increment-exchange";
const MAX_BYTES = 64 << 10; // of each body
const MAX_RECORDS = 128; // a cancelled call does not take its record

const records = new Map();

/** Returns the record of a request or response, without its body. */
const newMessage = (startLine, headers) => ({
  startLine,
  headers: [...headers],
  body: new Uint8Array(),
  isTruncated: false,
});

const append = (message, bytes) => {
  const recorded = bytes.subarray(0, MAX_BYTES - message.body.length);
  const body = new Uint8Array(message.body.length + recorded.length);
  body.set(message.body);
  body.set(recorded, message.body.length);
  message.body = body;
  if (recorded.length < bytes.length) message.isTruncated = true;
};

/** Removes and returns the record of a call. */
globalThis.takeExchange = (id) => {
  const record = records.get(id);
  records.delete(id);
  return record;
};

// The bodies of requests: reading them from a request or its clone would delay the call.
const bodies = new WeakMap();
globalThis.Request = class extends Request {
  constructor(input, init) {
    super(input, init);
    if (init?.body instanceof Uint8Array) bodies.set(this, init.body);
  }
};

const browserFetch = globalThis.fetch;
globalThis.fetch = async (request, init) => {
  const id = request instanceof Request && Number(request.headers.get(HEADER));
  if (!id) return browserFetch(request, init);
  request.headers.delete(HEADER);
  const record = {
    request: newMessage(`${request.method} ${new URL(request.url).pathname}`, request.headers),
    response: undefined,
    isComplete: false,
  };
  records.set(id, record);
  if (records.size > MAX_RECORDS) records.delete(records.keys().next().value);
  append(record.request, bodies.get(request) ?? new Uint8Array());
  const response = await browserFetch(request, init);
  const received = (record.response = newMessage(`HTTP ${response.status}`, response.headers));
  // With a status in the headers, the client does not read the body, but the browser must see its end.
  if (!response.body || response.headers.has("grpc-status")) {
    const body = await response.arrayBuffer();
    append(received, new Uint8Array(body));
    record.isComplete = true;
    return response.body ? new Response(body, response) : response;
  }
  const recorder = new TransformStream({
    transform(bytes, controller) {
      append(received, bytes);
      controller.enqueue(bytes);
    },
    flush: () => (record.isComplete = true),
  });
  return new Response(response.body.pipeThrough(recorder), response);
};
