// Increment sends a number and prints the result; count-up START STEPS prints a stream of results.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	pb "increment/gen/incrementv1"
)

func main() {
	log.SetFlags(0)
	tls := must(credentials.NewClientTLSFromFile(cmp.Or(os.Getenv("INCREMENT_CA"), "../../certs/ca.pem"), ""))
	address := cmp.Or(os.Getenv("INCREMENT_ADDRESS"), "localhost:5000")
	client := pb.NewIncrementServiceClient(must(grpc.NewClient(address, grpc.WithTransportCredentials(tls))))
	if args := os.Args[1:]; len(args) == 0 {
		increment(client, rand.Int64N(10_000))
	} else if len(args) == 1 {
		increment(client, must(strconv.ParseInt(args[0], 10, 64)))
	} else if len(args) == 3 && args[0] == "count-up" {
		countUp(client, must(strconv.ParseInt(args[1], 10, 64)), must(strconv.ParseUint(args[2], 10, 64)))
	} else {
		log.Fatal("usage: increment [NUMBER | count-up START STEPS]")
	}
}

func increment(client pb.IncrementServiceClient, number int64) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	response := must(client.Increment(ctx, &pb.IncrementRequest{Number: number}))
	fmt.Printf("Send: %d, Return: %d\n", response.Number, response.Result)
}

func countUp(client pb.IncrementServiceClient, start int64, steps uint64) {
	stream := must(client.CountUp(context.Background(), &pb.CountUpRequest{Start: start, Steps: steps}))
	for response, err := stream.Recv(); err != io.EOF; response, err = stream.Recv() {
		fmt.Println(must(response, err).Result)
	}
}

func must[T any](value T, err error) T {
	if s, isStatus := status.FromError(err); !isStatus {
		log.Fatal(err)
	} else if err != nil {
		log.Fatalf("%s: %s", code.Code(s.Code()), s.Message())
	}
	return value
}
