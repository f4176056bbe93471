#!/bin/sh
# Makes the stubs with protoc and the plugins that go.mod names; `go generate` runs it.
set -eu
options=module=increment,Mincrement/v1/increment.proto=increment/gen/incrementv1
protoc --proto_path=../../proto increment/v1/increment.proto \
    --plugin="$(go tool -n protoc-gen-go)" --go_out=. --go_opt="$options" \
    --plugin="$(go tool -n protoc-gen-go-grpc)" --go-grpc_out=. --go-grpc_opt="$options"
