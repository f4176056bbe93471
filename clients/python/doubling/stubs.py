"""Imports the generated modules from gen/ beside this folder."""

import sys
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "gen"))

try:
    import doubling_pb2
    import doubling_pb2_grpc
    from increment.v1 import access_pb2, access_pb2_grpc
except ModuleNotFoundError as error:
    sys.exit(f"{error}: generate the stubs first, see {HOME / 'README.md'}")

__all__ = ["access_pb2", "access_pb2_grpc", "doubling_pb2", "doubling_pb2_grpc"]
