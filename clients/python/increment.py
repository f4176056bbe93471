"""Sends a number to increment and prints what comes back, with the stubs of template_grpc.proto."""

import argparse
import random
import sys
from pathlib import Path

import grpc

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "gen"))  # the generated modules import each other by bare name

try:
    import template_grpc_pb2
    import template_grpc_pb2_grpc
except ModuleNotFoundError as error:
    sys.exit(f"{error}: make the stubs first, see {HERE / 'README.md'}")


def channel(arguments: argparse.Namespace) -> grpc.Channel:
    if arguments.plaintext:
        return grpc.insecure_channel(arguments.address)
    credentials = grpc.ssl_channel_credentials(arguments.ca.read_bytes())
    return grpc.secure_channel(arguments.address, credentials)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", nargs="?", type=int, help="default: a random one of 0 to 9999")
    parser.add_argument("--address", default="localhost:5000", help="default: %(default)s")
    security = parser.add_mutually_exclusive_group()
    security.add_argument("--ca", type=Path, default=HERE.parents[1] / "certs" / "ca.pem",
                          help="the CA to trust (PEM); default: the server's own")
    security.add_argument("--plaintext", action="store_true", help="without TLS")
    arguments = parser.parse_args()

    number = random.randint(0, 9999) if arguments.number is None else arguments.number
    with channel(arguments) as connection:
        service = template_grpc_pb2_grpc.TemplateGRPCStub(connection)
        request = template_grpc_pb2.TemplateGRPCRequest(number=number)
        print(service.TemplateGRPCEndpoint(request, timeout=10).reply)


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
    except (OSError, ValueError) as error:
        sys.exit(str(error))
