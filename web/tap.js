// Notes what really travels in a call that carries the header `increment-exchange: <number>`: both heads, and the bytes
// of both bodies as they pass. It wraps `fetch` before anything else does, and takes the header off: that never travels.
// `web/src/api/tap.rs` takes the record when the call has come to its end; `web/src/state/wire/record.rs` reads it.

const MARK = "increment-exchange";
const MOST_BYTES = 64 << 10; // of each body
const MOST_RECORDS = 128; // a call that was broken off leaves its record behind

// Trunk's minifier gets an escape in a string wrong.
const LINE = String.fromCharCode(10), PART = String.fromCharCode(13);

const records = new Map();

/** What one side says: its head as lines, and its body in hex. */
const side = (line, headers) => ({
  head: [line, ...Array.from(headers, ([name, value]) => `${name}: ${value}`)].join(LINE),
  hex: "",
  isCut: "",
});

const note = (side, bytes) => {
  const kept = bytes.subarray(0, MOST_BYTES - side.hex.length / 2);
  side.hex += Array.from(kept, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (kept.length < bytes.length) side.isCut = "cut";
};

/** The record of a call, once: its parts end with what no header holds. */
globalThis.takeExchange = (number) => {
  const { sent, answer, isOver } = records.get(number) ?? {};
  records.delete(number);
  const parts = [sent?.head, sent?.hex, sent?.isCut, answer?.head, answer?.hex, answer?.isCut, isOver && "over"];
  return parts.map((part) => part || "").join(PART);
};

// The bytes of a request as it got them: to read them from it, or from its clone, would hold the call up.
const bodies = new WeakMap();
globalThis.Request = class extends Request {
  constructor(input, init) {
    super(input, init);
    if (init?.body instanceof Uint8Array) bodies.set(this, init.body);
  }
};

const fetchItself = globalThis.fetch;
globalThis.fetch = async (request, init) => {
  const number = request instanceof Request && Number(request.headers.get(MARK));
  if (!number) return fetchItself(request, init);
  request.headers.delete(MARK);
  const record = { sent: side(`${request.method} ${new URL(request.url).pathname}`, request.headers) };
  records.set(number, record);
  if (records.size > MOST_RECORDS) records.delete(records.keys().next().value);
  note(record.sent, bodies.get(request) ?? new Uint8Array());
  const response = await fetchItself(request, init);
  const answer = (record.answer = side(`HTTP ${response.status}`, response.headers));
  // A status in the headers: nobody streams what follows, and the browser has to see its end before the client leaves.
  if (!response.body || response.headers.has("grpc-status")) {
    const body = await response.arrayBuffer();
    note(answer, new Uint8Array(body));
    record.isOver = true;
    return response.body ? new Response(body, response) : response;
  }
  const noting = new TransformStream({
    transform(bytes, controller) {
      note(answer, bytes);
      controller.enqueue(bytes);
    },
    flush: () => (record.isOver = true),
  });
  return new Response(response.body.pipeThrough(noting), response);
};
