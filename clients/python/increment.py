"""Sends a number to increment and prints the result; count-up prints a stream of results."""

import argparse
import os
import random
import sys
from pathlib import Path

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # the status is printed instead; read at import
import grpc

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE / "gen")  # replaces this folder: the stubs' package has this file's name

try:
    from increment.v1.increment_pb2 import CountUpRequest, IncrementRequest
    from increment.v1.increment_pb2_grpc import IncrementServiceStub
except ModuleNotFoundError as error:
    sys.exit(f"{error}: generate the stubs first, see {HERE / 'README.md'}")


def channel(arguments: argparse.Namespace) -> grpc.Channel:
    if arguments.plaintext:
        return grpc.insecure_channel(arguments.address)
    credentials = grpc.ssl_channel_credentials(arguments.ca.read_bytes())
    return grpc.secure_channel(arguments.address, credentials)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, usage="%(prog)s [OPTIONS] [NUMBER | count-up START STEPS]")
    parser.add_argument("what", nargs="*", help="default: a random number from 0 to 9999")
    parser.add_argument("--address", default=os.environ.get("INCREMENT_ADDRESS") or "localhost:5000")
    security = parser.add_mutually_exclusive_group()
    security.add_argument("--ca", type=Path, help="the CA to trust (PEM); default: certs/ca.pem",
                          default=os.environ.get("INCREMENT_CA") or HERE.parents[1] / "certs/ca.pem")
    security.add_argument("--plaintext", action="store_true", help="without TLS")
    arguments = parser.parse_args()

    with channel(arguments) as connection:
        service = IncrementServiceStub(connection)
        match arguments.what or [random.randint(0, 9999)]:
            case [number]:
                response = service.Increment(IncrementRequest(number=int(number)), timeout=10)
                print(f"Send: {response.number}, Return: {response.result}")
            case ["count-up", start, steps]:
                for response in service.CountUp(CountUpRequest(start=int(start), steps=int(steps))):
                    print(response.result, flush=True)
            case _:
                parser.error("expected a number, or count-up START STEPS")


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
    except (OSError, ValueError) as error:
        sys.exit(str(error))
