"""Sends numbers to the doubling service and prints the results."""

import argparse
import sys

import grpc

from stubs import doubling_pb2, doubling_pb2_grpc


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", nargs="+", type=int, help="whole numbers of 64 bits")
    parser.add_argument("--address", default="127.0.0.1:5001", help="default: %(default)s")
    arguments = parser.parse_args()

    with grpc.insecure_channel(arguments.address) as channel:
        service = doubling_pb2_grpc.DoublingServiceStub(channel)
        for number in arguments.number:
            response = service.Double(doubling_pb2.DoubleRequest(number=number), timeout=10)
            print(f"Send: {response.number}, Return: {response.result}")


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
    except ValueError as error:
        sys.exit(str(error))
