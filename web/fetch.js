// Wraps the browser's `fetch` for gRPC-Web calls: records an exchange for the page, and corrects what the client, the crate
// tonic-web-wasm-client, does not handle. Other requests pass through unchanged. A correction is a function of the response and
// a line in `grpcWebFetch`; its case is in `web/tests`.

const { fetch: browserFetch, Request: BrowserRequest } = globalThis;

globalThis.fetch = (request, init) =>
  request instanceof BrowserRequest && isGrpcWeb(request.headers) ? grpcWebFetch(request, init) : browserFetch(request, init);

async function grpcWebFetch(request, init) {
  const exchange = startExchange(request);
  try {
    const response = await browserFetch(request, init);
    const recorder = recordResponse(exchange, response);
    if (!isGrpcWeb(response.headers)) return notGrpc(response);
    if (response.headers.has("grpc-status")) return await readToEnd(response, recorder);
    return wholeFrames(response, recorder);
  } catch (error) {
    // The caller aborted the call, or its deadline was exceeded.
    if ((init?.signal ?? request.signal).aborted) throw error;
    return unreachable(error);
  }
}

const contentType = (headers) => headers.get("content-type") ?? "";
const isGrpcWeb = (headers) => contentType(headers).startsWith("application/grpc-web");
const isBase64 = (headers) => contentType(headers).startsWith("application/grpc-web-text");

const concat = (first, second) => {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
};

// --- Recording: the exchange of a call with the header `increment-exchange: <id>`, which is removed before it is sent.
// `web/src/api/tap.rs` takes the exchange after the call.

const ID_HEADER = "increment-exchange";
const MAX_RECORDED_BYTES = 64 << 10; // of each body
const MAX_EXCHANGES = 128; // a cancelled call does not take its exchange

const exchanges = new Map();

/** Removes and returns `{request, response, isComplete}`, undefined where it was evicted; without a response, that is undefined. */
globalThis.takeExchange = (id) => {
  const exchange = exchanges.get(id);
  exchanges.delete(id);
  return exchange;
};

// The bodies of requests: reading one from a request or its clone would delay the call.
const requestBodies = new WeakMap();
globalThis.Request = class Request extends BrowserRequest {
  constructor(input, init) {
    super(input, init);
    if (init?.body instanceof Uint8Array) requestBodies.set(this, init.body);
  }
};

/** Registers and returns the exchange of a request; undefined for one that is not to be recorded. */
function startExchange(request) {
  const id = Number(request.headers.get(ID_HEADER));
  if (!id) return undefined;
  request.headers.delete(ID_HEADER);
  const message = newMessage(`${request.method} ${new URL(request.url).pathname}`, request.headers);
  appendBody(message, requestBodies.get(request) ?? new Uint8Array());
  const exchange = { request: message, response: undefined, isComplete: false };
  exchanges.set(id, exchange);
  if (exchanges.size > MAX_EXCHANGES) exchanges.delete(exchanges.keys().next().value);
  return exchange;
}

/** Records the head of a response, and returns a recorder of its body: `chunk` for each chunk that is read, `end` at its end. */
function recordResponse(exchange, response) {
  if (!exchange) return { chunk: () => {}, end: () => {} };
  const message = newMessage(`HTTP ${response.status}`, response.headers);
  exchange.response = message;
  return { chunk: (bytes) => appendBody(message, bytes), end: () => (exchange.isComplete = true) };
}

const newMessage = (startLine, headers) => ({ startLine, headers: [...headers], body: new Uint8Array(), isTruncated: false });

function appendBody(message, bytes) {
  const recorded = bytes.subarray(0, MAX_RECORDED_BYTES - message.body.length);
  message.body = concat(message.body, recorded);
  message.isTruncated ||= recorded.length < bytes.length;
}

// --- The end of a response: with a status in the headers, the client does not read the empty body. The browser would take
// that for a cancelled call.

async function readToEnd(response, recorder) {
  const body = await response.arrayBuffer();
  recorder.chunk(new Uint8Array(body));
  recorder.end();
  return response.body ? new Response(body, response) : response;
}

// --- Whole frames: a trailers frame in two chunks is lost, and the call fails (tonic-web-wasm-client issue 97). The chunks of
// the returned response are whole frames. Remove this when the issue is fixed.

const FRAME_HEADER_BYTES = 5; // a flag byte, then the payload's length as four bytes, big-endian
const MAX_FRAME_LENGTH = 4 << 20; // bytes, the same as tonic's limit of a message
const TRAILERS_FLAG = 0x80;

function wholeFrames(response, recorder) {
  if (!response.body) {
    recorder.end();
    return response;
  }
  let buffered = new Uint8Array();
  const frames = new TransformStream({
    transform(chunk, controller) {
      recorder.chunk(chunk);
      // The client reads frames in base64 from chunks of any length.
      if (isBase64(response.headers)) return controller.enqueue(chunk);
      buffered = concat(buffered, chunk);
      for (let end = endOfMessage(buffered); end; end = endOfMessage(buffered)) {
        controller.enqueue(buffered.slice(0, end));
        buffered = buffered.subarray(end);
      }
      // An incomplete frame is not longer: this one has data after the trailers.
      if (buffered.length > FRAME_HEADER_BYTES + MAX_FRAME_LENGTH) {
        throw new RangeError(`The response has over ${MAX_FRAME_LENGTH} bytes after its messages.`);
      }
    },
    flush(controller) {
      recorder.end();
      // The trailers, or the start of a frame of a truncated response, which the client reports.
      if (buffered.length) controller.enqueue(buffered);
    },
  });
  return new Response(response.body.pipeThrough(frames), response);
}

/**
 * Returns the end of the message frame at the start of `bytes`; 0 where it is incomplete. Trailers have no end before that of
 * the response: the client stops reading after them, which would cancel the call before its end.
 */
function endOfMessage(bytes) {
  if (bytes.length < FRAME_HEADER_BYTES) return 0;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (length > MAX_FRAME_LENGTH) throw new RangeError(`The response has a frame of ${length} bytes, over the limit of ${MAX_FRAME_LENGTH}.`);
  const end = FRAME_HEADER_BYTES + length;
  return bytes[0] & TRAILERS_FLAG || end > bytes.length ? 0 : end;
}

// --- Failures: no response, or one that is not gRPC-Web. The client would report both as UNKNOWN and drop the HTTP status. Each
// becomes a response with a gRPC status and the header `increment-failure`, see `web/src/api/status.rs`.

// https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
const UNKNOWN = 2, PERMISSION_DENIED = 7, UNIMPLEMENTED = 12, INTERNAL = 13, UNAVAILABLE = 14, UNAUTHENTICATED = 16;
const GRPC_STATUS = {
  400: INTERNAL, 401: UNAUTHENTICATED, 403: PERMISSION_DENIED, 404: UNIMPLEMENTED,
  429: UNAVAILABLE, 502: UNAVAILABLE, 503: UNAVAILABLE, 504: UNAVAILABLE,
};

const unreachable = (error) => failure("unreachable", UNAVAILABLE, error.message);

function notGrpc(response) {
  response.body?.cancel();
  const type = contentType(response.headers) || "no content type";
  return failure("not-grpc", GRPC_STATUS[response.status] ?? UNKNOWN, `It is HTTP ${response.status} with ${type}.`);
}

/** Returns a gRPC-Web response without messages: the status is in the headers, and the body is empty. */
const failure = (kind, status, message) =>
  new Response("", {
    headers: {
      "content-type": "application/grpc-web+proto",
      "grpc-status": status,
      "grpc-message": encodeURIComponent(message),
      "increment-failure": kind,
    },
  });
