"""Serves doubling on loopback without TLS, and reports its accesses to increment over TLS."""

import argparse
import logging
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from counting import Counting, Totals
from reporting import CHANNEL_OPTIONS, Reporter
from service import Doubling
from stubs import doubling_pb2_grpc

CERTS = Path(__file__).resolve().parents[3] / "certs"
GRACE = 1.0  # seconds for calls in flight at the shutdown


def serve(port: int, totals: Totals) -> tuple[grpc.Server, int]:
    # Disables SO_REUSEPORT, with which binding a port in use would succeed.
    server = grpc.server(ThreadPoolExecutor(), interceptors=[Counting(totals)],
                         options=[("grpc.so_reuseport", 0)])
    doubling_pb2_grpc.add_DoublingServiceServicer_to_server(Doubling(), server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, port


def read(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        sys.exit(f"cannot read the {what}: {error}; increment-server creates it at its first start")


def read_token(file: Path) -> str:
    token = read(file, "report token").decode("ascii", "replace").strip()
    if not token.isascii() or not token.isprintable() or not token:
        sys.exit(f"{file} does not hold a report token; "
                 "increment-server creates it at its first start")
    return token


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5001,
                        help="0: a free port; default: %(default)s")
    parser.add_argument("--report-to", metavar="ADDRESS", default="localhost:5000",
                        help="address of the increment server; default: %(default)s")
    parser.add_argument("--ca", type=Path, metavar="FILE", default=CERTS / "ca.pem",
                        help="the CA to trust (PEM); default: certs/ca.pem")
    parser.add_argument("--report-token", type=Path, metavar="FILE",
                        default=CERTS / "report.token",
                        help="the token that authorizes reports; default: certs/report.token")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(message)s")

    shutdown = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: shutdown.set())

    totals = Totals()
    credentials = grpc.ssl_channel_credentials(read(arguments.ca, "CA"))
    token = read_token(arguments.report_token)
    with grpc.secure_channel(arguments.report_to, credentials, CHANNEL_OPTIONS) as channel:
        server, port = serve(arguments.port, totals)
        reporter = Reporter(totals, "doubling", channel, token)
        reporter.start()
        print(f"listening 127.0.0.1:{port}", flush=True)
        shutdown.wait()
        server.stop(GRACE).wait()
        reporter.close()


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(str(error))
