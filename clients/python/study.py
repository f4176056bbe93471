"""Calls the study's endpoint with the given number, or a random one."""

import os
import random
import sys
from pathlib import Path

import grpc

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE / "gen")

import template_grpc_pb2
import template_grpc_pb2_grpc

number = int(sys.argv[1]) if sys.argv[1:] else random.randint(0, 9999)
address = os.environ.get("INCREMENT_ADDRESS") or "localhost:5000"
credentials = grpc.ssl_channel_credentials((HERE.parents[1] / "certs/ca.pem").read_bytes())
with grpc.secure_channel(address, credentials) as channel:
    stub = template_grpc_pb2_grpc.TemplateGRPCStub(channel)
    print(stub.TemplateGRPCEndpoint(template_grpc_pb2.TemplateGRPCRequest(number=number)).reply)
