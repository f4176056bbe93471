// Maps failures of `fetch` to gRPC statuses: no response, or one that is not gRPC-Web. The client of tonic would report both as
// UNKNOWN and drop the HTTP status. A synthetic response has the header `increment-failure`, see `web/src/api/status.rs`.

// https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
const INTERNAL = 13, UNAUTHENTICATED = 16, PERMISSION_DENIED = 7, UNIMPLEMENTED = 12, UNAVAILABLE = 14, UNKNOWN = 2;
const STATUS = {
  400: INTERNAL, 401: UNAUTHENTICATED, 403: PERMISSION_DENIED, 404: UNIMPLEMENTED,
  429: UNAVAILABLE, 502: UNAVAILABLE, 503: UNAVAILABLE, 504: UNAVAILABLE,
};

/** Returns a gRPC-Web response without messages: the status is in the headers, and the body is empty. */
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

const innerFetch = globalThis.fetch;
globalThis.fetch = async (request, init) => {
  if (!(request instanceof Request && isGrpcWeb(request.headers))) return innerFetch(request, init);
  try {
    const response = await innerFetch(request, init);
    if (isGrpcWeb(response.headers)) return response;
    response.body?.cancel();
    const type = response.headers.get("content-type") ?? "no content type";
    return trailersOnly("not-grpc", STATUS[response.status] ?? UNKNOWN, `It is HTTP ${response.status} with ${type}.`);
  } catch (error) {
    // The caller aborted the call, or its deadline was exceeded.
    if (init?.signal?.aborted) throw error;
    return trailersOnly("unreachable", UNAVAILABLE, error.message);
  }
};
