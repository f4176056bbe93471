// Works around tonic-web-wasm-client issue 97: a trailers frame in two chunks is lost, and the call fails. Reassembles a
// gRPC-Web response into chunks of whole frames. Remove this file and its line in index.html when the issue is fixed.

const HEADER_BYTES = 5; // a flag byte, then the payload's length as four bytes, big-endian
const MAX_LENGTH = 4 << 20; // bytes, the same as tonic's limit of a message

/** Buffers chunks and emits each frame when it is complete. */
const wholeFrames = () => {
  let buffered = new Uint8Array(0);
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = new Uint8Array(buffered.length + chunk.length);
      bytes.set(buffered);
      bytes.set(chunk, buffered.length);
      let start = 0;
      while (bytes.length - start >= HEADER_BYTES) {
        const length = new DataView(bytes.buffer, start + 1).getUint32(0);
        if (length > MAX_LENGTH) throw new RangeError(`a frame of ${length} bytes is too long`);
        const end = start + HEADER_BYTES + length;
        if (end > bytes.length) break;
        // The trailers are buffered until the end of the response: the client stops reading after them, which would
        // cancel the call before its end.
        if (bytes[start] & 0x80) break;
        controller.enqueue(bytes.slice(start, end));
        start = end;
      }
      buffered = bytes.subarray(start);
    },
    // A truncated response: the client reports the incomplete frame.
    flush(controller) {
      if (buffered.length) controller.enqueue(buffered);
    },
  });
};

const isBinaryGrpcWeb = (type) => /^application\/grpc-web(?!-text)/.test(type ?? "");

const recordedFetch = globalThis.fetch;
globalThis.fetch = async (request, init) => {
  const response = await recordedFetch(request, init);
  if (!response.body || !isBinaryGrpcWeb(response.headers.get("content-type"))) return response;
  // With a status in the headers, the client does not read the empty body, which would cancel the call too.
  if (response.headers.has("grpc-status")) return new Response(await response.arrayBuffer(), response);
  return new Response(response.body.pipeThrough(wholeFrames()), response);
};
