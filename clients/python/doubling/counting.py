"""Counts the calls of any service: an interceptor and its running totals."""

import threading
from collections import Counter
from collections.abc import Callable

import grpc

Key = tuple[str, str, str]  # service, method, protocol

# Unknown methods share one row: callers could send any number of names.
UNKNOWN: Key = ("unknown", "unknown", "unknown")


class Totals:
    """Running totals. The event `changed` is set at each change."""

    def __init__(self) -> None:
        self.changed = threading.Event()
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()

    def add(self, key: Key) -> None:
        with self._lock:
            self._counts[key] += 1
        self.changed.set()

    def snapshot(self) -> dict[Key, int]:
        with self._lock:
            return dict(self._counts)


class Counting(grpc.ServerInterceptor):
    """Counts each call when it arrives, whatever its outcome."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        handler = continuation(handler_call_details)
        self._totals.add(UNKNOWN if handler is None else key(handler_call_details.method))
        return handler


def key(path: str) -> Key:
    """Splits a path such as `/doubling.v1.DoublingService/Double`."""
    service, _, method = path.removeprefix("/").rpartition("/")
    return service, method, "grpc"
