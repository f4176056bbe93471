// Says in gRPC's terms what `fetch` can only say in its own: that nobody answered, or somebody whose answer
// is not gRPC-Web. The client of tonic would report both as UNKNOWN and drop the HTTP status. What is made up
// here carries the header `increment-failure`, which `web/src/api/status.rs` reads.

// https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
const INTERNAL = 13, UNAUTHENTICATED = 16, PERMISSION_DENIED = 7, UNIMPLEMENTED = 12, UNAVAILABLE = 14, UNKNOWN = 2;
const STATUS = {
  400: INTERNAL, 401: UNAUTHENTICATED, 403: PERMISSION_DENIED, 404: UNIMPLEMENTED,
  429: UNAVAILABLE, 502: UNAVAILABLE, 503: UNAVAILABLE, 504: UNAVAILABLE,
};

/** A gRPC-Web answer without a message: its status stands in the headers, and its body is empty. */
const trailersOnly = (failure, status, message) =>
  new Response("", {
    headers: {
      "content-type": "application/grpc-web+proto",
      "grpc-status": status,
      "grpc-message": encodeURIComponent(message),
      "increment-failure": failure,
    },
  });

const isGrpcWeb = (headers) => headers.get("content-type")?.startsWith("application/grpc-web");

const plainFetch = globalThis.fetch;
globalThis.fetch = async (request, init) => {
  if (!(request instanceof Request && isGrpcWeb(request.headers))) return plainFetch(request, init);
  try {
    const response = await plainFetch(request, init);
    if (isGrpcWeb(response.headers)) return response;
    response.body?.cancel();
    const type = response.headers.get("content-type") ?? "no content type";
    return trailersOnly("not-grpc", STATUS[response.status] ?? UNKNOWN, `It is HTTP ${response.status} with ${type}.`);
  } catch (error) {
    // Whoever aborted a call, or set its deadline, does not need to be told.
    if (init?.signal?.aborted) throw error;
    return trailersOnly("unreachable", UNAVAILABLE, error.message);
  }
};
