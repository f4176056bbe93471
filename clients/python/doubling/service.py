"""The doubling service. Independent of the counting of its calls."""

import grpc

from stubs import doubling_pb2, doubling_pb2_grpc

INT64 = range(-2**63, 2**63)


class Doubling(doubling_pb2_grpc.DoublingServiceServicer):
    def Double(self, request: doubling_pb2.DoubleRequest,
               context: grpc.ServicerContext) -> doubling_pb2.DoubleResponse:
        result = 2 * request.number
        if result not in INT64:
            context.abort(grpc.StatusCode.OUT_OF_RANGE,
                          f"number: twice {request.number} does not fit in 64 bits")
        return doubling_pb2.DoubleResponse(number=request.number, result=result)
