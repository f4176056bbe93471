"""Reports running totals to increment in the background. Reports are totals, not differences: the
next report includes what a failed one did not deliver, and a duplicate changes nothing."""

import logging
import threading
import uuid

import grpc

from counting import Key, Totals
from stubs import access_pb2, access_pb2_grpc

PAUSE = 0.25  # seconds between two reports: at most 4 a second
MAX_PAUSE = 5.0  # seconds between two attempts while increment is unavailable
TIMEOUT = 2.0  # seconds for a report, and for the last one at the shutdown

UNAUTHENTICATED = "the server rejects the report token; --report-token names the server's file"

# The channel backs off between its attempts to connect; one has to be made within TIMEOUT.
CHANNEL_OPTIONS = [("grpc.max_reconnect_backoff_ms", int(TIMEOUT * 500))]


class Reporter(threading.Thread):
    """Reports when started, then after changes."""

    def __init__(self, totals: Totals, name: str, channel: grpc.Channel, token: str) -> None:
        super().__init__(name="reporter", daemon=True)
        self._totals = totals
        self._name = name
        self._origin = self._new_origin()
        self._accepted: dict[Key, int] = {}  # the totals of the latest accepted report
        self._base: dict[Key, int] = {}  # the totals reported under earlier origins
        self._service = access_pb2_grpc.AccessServiceStub(channel)
        self._metadata = [("authorization", f"Bearer {token}")]
        self._closing = threading.Event()
        self._failure: grpc.StatusCode | None = None

    def run(self) -> None:
        pause = PAUSE
        self._totals.changed.set()
        while True:
            self._totals.changed.wait()
            closing = self._closing.is_set()  # read before the totals, so that none is missed
            self._totals.changed.clear()
            accepted = self._report(is_last=closing)
            if closing:
                return
            if accepted:
                pause = PAUSE
            else:
                self._totals.changed.set()
                pause = min(2 * pause, MAX_PAUSE)
            self._closing.wait(pause)

    def close(self) -> None:
        """Sends the last report; returns within TIMEOUT, whatever its outcome."""
        self._closing.set()
        self._totals.changed.set()
        self.join(TIMEOUT)
        if self.is_alive() or self._failure is not None:
            logging.warning("the last accesses were not reported")

    def _new_origin(self) -> str:
        return f"{self._name}-{uuid.uuid4().hex}"

    def _report(self, is_last: bool) -> bool:
        totals = self._totals.snapshot()
        rows = [access_pb2.AccessRow(service=key[0], method=key[1], protocol=key[2],
                                     count=count - self._base.get(key, 0))
                for key, count in totals.items()]
        report = access_pb2.ReportAccessesRequest(origin=self._origin, rows=rows)
        try:
            self._service.ReportAccesses(iter([report]), timeout=TIMEOUT, metadata=self._metadata,
                                         wait_for_ready=is_last)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.FAILED_PRECONDITION:
                # The server folded the origin and its totals: the rest is reported under a new one.
                self._origin, self._base = self._new_origin(), self._accepted
            if error.code() != self._failure:  # logged once per failure
                logging.warning("cannot report accesses: %s: %s", error.code().name,
                                UNAUTHENTICATED if error.code() == grpc.StatusCode.UNAUTHENTICATED
                                else error.details())
            self._failure = error.code()
            return False
        if self._failure is not None:
            logging.warning("accesses are reported again")
        self._failure = None
        self._accepted = totals
        return True
