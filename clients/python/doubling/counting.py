"""Counts every call, for any service: the interceptor and its running totals."""

import threading
from collections import Counter
from collections.abc import Callable

import grpc

Key = tuple[str, str, str]  # service, method, protocol

# All methods that do not exist share one row: their names are made up by callers.
UNKNOWN: Key = ("unknown", "unknown", "unknown")


class Totals:
    """Running totals; `changed` is set at each change."""

    def __init__(self) -> None:
        self.changed = threading.Event()
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()

    def add(self, key: Key) -> None:
        with self._lock:
            self._counts[key] += 1
        self.changed.set()

    def now(self) -> dict[Key, int]:
        with self._lock:
            return dict(self._counts)


class Counting(grpc.ServerInterceptor):
    """Counts a call when it arrives, whatever comes of it."""

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
    """`/doubling.v1.DoublingService/Double` in its parts."""
    service, _, method = path.removeprefix("/").rpartition("/")
    return service, method, "grpc"
