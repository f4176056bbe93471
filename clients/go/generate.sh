#!/bin/sh
# Generates the stubs with protoc and the plugins from go.mod; run by `go generate`.
set -eu
options=module=increment,Mincrement/v1/increment.proto=increment/gen/incrementv1
protoc --proto_path=../../proto increment/v1/increment.proto \
    --plugin="$(go tool -n protoc-gen-go)" --go_out=. --go_opt="$options" \
    --plugin="$(go tool -n protoc-gen-go-grpc)" --go-grpc_out=. --go-grpc_opt="$options"
