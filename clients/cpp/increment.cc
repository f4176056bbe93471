// Sends a number to increment and prints what comes back; count-up START STEPS prints a stream of answers.
#include "increment/v1/increment.grpc.pb.h"

#include <absl/status/status.h>
#include <absl/strings/numbers.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

using namespace increment::v1;

// What a variable says; one that is empty counts as unset.
const char* variable(const char* name, const char* unset) {
  const char* value = std::getenv(name);
  return value && *value ? value : unset;
}

std::unique_ptr<IncrementService::Stub> connect() {
  std::ifstream file(variable("INCREMENT_CA", "../../certs/ca.pem"));
  if (!file) throw std::runtime_error("cannot read the CA; INCREMENT_CA names its file");
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
  IncrementResponse answer;
  check(connect()->Increment(&context, request, &answer));
  std::cout << "Send: " << answer.number() << ", Return: " << answer.result() << std::endl;
}

void count_up(int64_t start, uint64_t steps) {
  grpc::ClientContext context;
  CountUpRequest request;
  request.set_start(start);
  request.set_steps(steps);
  auto stream = connect()->CountUp(&context, request);
  for (CountUpResponse answer; stream->Read(&answer);) std::cout << answer.result() << std::endl;
  check(stream->Finish());
}

int main(int argc, char** argv) try {
  setenv("GRPC_VERBOSITY", "NONE", 0);  // the status tells what is wrong
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
