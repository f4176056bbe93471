// Records the exchange of a call with the header `increment-exchange: <id>`: both heads, and the bytes of both bodies. It is
// the innermost wrapper of `fetch`, and removes the header before the request is sent. `web/src/api/tap.rs` takes the record
// after the call, and `web/src/model/wire/record.rs` parses it.

const HEADER = "increment-exchange";
const MAX_BYTES = 64 << 10; // of each body
const MAX_RECORDS = 128; // a cancelled call does not take its record

// Trunk's minifier breaks escapes in strings.
const LINE = String.fromCharCode(10), FIELD = String.fromCharCode(13);

const records = new Map();

/** Returns the record of a request or response: its head as lines, and its body in hexadecimal. */
const newMessage = (startLine, headers) => ({
  head: [startLine, ...Array.from(headers, ([name, value]) => `${name}: ${value}`)].join(LINE),
  hex: "",
  truncated: "",
});

const append = (message, bytes) => {
  const recorded = bytes.subarray(0, MAX_BYTES - message.hex.length / 2);
  message.hex += Array.from(recorded, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (recorded.length < bytes.length) message.truncated = "truncated";
};

/** Removes and returns the record of a call. The separator of its fields occurs in no header. */
globalThis.takeExchange = (id) => {
  const { sent, received, isComplete } = records.get(id) ?? {};
  records.delete(id);
  const fields = [sent?.head, sent?.hex, sent?.truncated, received?.head, received?.hex, received?.truncated, isComplete && "complete"];
  return fields.map((field) => field || "").join(FIELD);
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
  const record = { sent: newMessage(`${request.method} ${new URL(request.url).pathname}`, request.headers) };
  records.set(id, record);
  if (records.size > MAX_RECORDS) records.delete(records.keys().next().value);
  append(record.sent, bodies.get(request) ?? new Uint8Array());
  const response = await browserFetch(request, init);
  const received = (record.received = newMessage(`HTTP ${response.status}`, response.headers));
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
