// Sends a number to increment and prints the result; count-up START STEPS prints a stream of results.
#include "increment/v1/increment.grpc.pb.h"

#include <absl/status/status.h>
#include <absl/strings/numbers.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

using namespace increment::v1;

// Returns an environment variable, or the default if it is unset or empty.
const char* variable(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value && *value ? value : fallback;
}

std::unique_ptr<IncrementService::Stub> connect() {
  std::ifstream file(variable("INCREMENT_CA", "../../certs/ca.pem"));
  if (!file) throw std::runtime_error("cannot read the CA; set INCREMENT_CA to its file");
  grpc::SslCredentialsOptions tls{{std::istreambuf_iterator<char>(file), {}}, "", ""};
  const char* address = variable("INCREMENT_ADDRESS", "localhost:5000");
  return IncrementService::NewStub(grpc::CreateChannel(address, grpc::SslCredentials(tls)));
}

void check(const grpc::Status& status) {
  absl::Status reason(absl::StatusCode(status.error_code()), status.error_message());
  if (!reason.ok()) throw std::runtime_error(reason.ToString());
}

void send(int64_t number) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  IncrementRequest request;
  request.set_number(number);
  IncrementResponse response;
  check(connect()->Increment(&context, request, &response));
  std::cout << "Send: " << response.number() << ", Return: " << response.result() << std::endl;
}

void count_up(int64_t start, uint64_t steps) {
  grpc::ClientContext context;
  CountUpRequest request;
  request.set_start(start);
  request.set_steps(steps);
  auto stream = connect()->CountUp(&context, request);
  for (CountUpResponse response; stream->Read(&response);) std::cout << response.result() << std::endl;
  check(stream->Finish());
}

int main(int argc, char** argv) try {
  setenv("GRPC_VERBOSITY", "NONE", 0);  // the status is printed instead
  int64_t number = std::random_device()() % 10'000;
  uint64_t steps;
  if (argc == 1 || (argc == 2 && absl::SimpleAtoi(argv[1], &number))) send(number);
  else if (argc == 4 && std::string(argv[1]) == "count-up" && absl::SimpleAtoi(argv[2], &number) &&
           absl::SimpleAtoi(argv[3], &steps)) count_up(number, steps);
  else throw std::runtime_error("usage: increment [NUMBER | count-up START STEPS]");
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return EXIT_FAILURE;
}
