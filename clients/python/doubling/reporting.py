"""Reports running totals to increment, in the background. They are totals, not differences: what
could not be reported is in the next report, and one that arrives twice changes nothing."""

import logging
import threading
import uuid

import grpc

from counting import Key, Totals
from stubs import access_pb2, access_pb2_grpc

PAUSE = 0.25  # seconds between two reports: at most 4 a second
LONGEST_PAUSE = 5.0  # seconds between two attempts while increment is away
LIMIT = 2.0  # seconds for one report, and for the last one at the end

REFUSED = "the server does not know the report token; --report-token names the server's own"

# The channel pauses between its attempts to connect, too: there must be one within LIMIT.
CHANNEL_OPTIONS = [("grpc.max_reconnect_backoff_ms", int(LIMIT * 500))]


class Reporter(threading.Thread):
    """Reports at once when started, then after changes."""

    def __init__(self, totals: Totals, name: str, channel: grpc.Channel, token: str) -> None:
        super().__init__(name="reporter", daemon=True)
        self._totals = totals
        self._name = name
        self._origin = self._new_origin()
        self._taken: dict[Key, int] = {}  # the totals of the newest report that was taken
        self._base: dict[Key, int] = {}  # what was reported by names before this one
        self._service = access_pb2_grpc.AccessServiceStub(channel)
        self._metadata = [("authorization", f"Bearer {token}")]
        self._ending = threading.Event()
        self._failure: grpc.StatusCode | None = None

    def run(self) -> None:
        pause = PAUSE
        self._totals.changed.set()
        while True:
            self._totals.changed.wait()
            ending = self._ending.is_set()  # before the totals are read: none is missed
            self._totals.changed.clear()
            taken = self._report(is_last=ending)
            if ending:
                return
            if taken:
                pause = PAUSE
            else:
                self._totals.changed.set()
                pause = min(2 * pause, LONGEST_PAUSE)
            self._ending.wait(pause)

    def end(self) -> None:
        """Reports what is left, and returns within LIMIT, whatever becomes of it."""
        self._ending.set()
        self._totals.changed.set()
        self.join(LIMIT)
        if self.is_alive() or self._failure is not None:
            logging.warning("ended without having reported the last accesses")

    def _new_origin(self) -> str:
        return f"{self._name}-{uuid.uuid4().hex}"

    def _report(self, is_last: bool) -> bool:
        totals = self._totals.now()
        rows = [access_pb2.AccessRow(service=key[0], method=key[1], protocol=key[2],
                                     count=count - self._base.get(key, 0))
                for key, count in totals.items()]
        report = access_pb2.ReportAccessesRequest(origin=self._origin, rows=rows)
        try:
            self._service.ReportAccesses(iter([report]), timeout=LIMIT, metadata=self._metadata,
                                         wait_for_ready=is_last)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.FAILED_PRECONDITION:
                # The name has been folded, with what was taken: the rest goes under a new one.
                self._origin, self._base = self._new_origin(), self._taken
            if error.code() != self._failure:  # said once, however long it lasts
                logging.warning("cannot report accesses: %s: %s", error.code().name,
                                REFUSED if error.code() == grpc.StatusCode.UNAUTHENTICATED
                                else error.details())
            self._failure = error.code()
            return False
        if self._failure is not None:
            logging.warning("accesses are reported again")
        self._failure = None
        self._taken = totals
        return True
