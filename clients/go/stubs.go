package main

// The stubs in gen/, made by protoc with the plugins that go.mod names.
//go:generate sh generate.sh
