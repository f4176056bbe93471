// Works around tonic-web-wasm-client issue 97: a trailers frame that arrives in two chunks is lost, and
// the call with it. Here a gRPC-Web answer is handed on in whole frames only, however the network cut it.
// Remove this file and its line in index.html when that is fixed.

const HEAD = 5; // a flag byte, then the payload's length as four bytes, big-endian
const LONGEST = 4 << 20; // bytes; the same limit as tonic's for a message

/** Collects chunks and emits each frame as soon as it is whole. */
const wholeFrames = () => {
  let held = new Uint8Array(0);
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = new Uint8Array(held.length + chunk.length);
      bytes.set(held);
      bytes.set(chunk, held.length);
      let start = 0;
      while (bytes.length - start >= HEAD) {
        const length = new DataView(bytes.buffer, start + 1).getUint32(0);
        if (length > LONGEST) throw new RangeError(`a frame of ${length} bytes is too long`);
        const end = start + HEAD + length;
        if (end > bytes.length) break;
        // The trailers are the last frame: held until the answer ends, or the client, which stops reading
        // there, would break off a call that is done.
        if (bytes[start] & 0x80) break;
        controller.enqueue(bytes.slice(start, end));
        start = end;
      }
      held = bytes.subarray(start);
    },
    // An answer that was cut short: what is left lets the client see where.
    flush(controller) {
      if (held.length) controller.enqueue(held);
    },
  });
};

const isBinaryGrpcWeb = (type) => /^application\/grpc-web(?!-text)/.test(type ?? "");

const fetchAsBefore = globalThis.fetch;
globalThis.fetch = async (request, init) => {
  const response = await fetchAsBefore(request, init);
  if (!response.body || !isBinaryGrpcWeb(response.headers.get("content-type"))) return response;
  // A status in the headers: the client leaves the empty body unread, and so would break the call off too.
  if (response.headers.has("grpc-status")) return new Response(await response.arrayBuffer(), response);
  return new Response(response.body.pipeThrough(wholeFrames()), response);
};
