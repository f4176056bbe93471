import static java.util.concurrent.TimeUnit.SECONDS;

import increment.v1.Increment.CountUpRequest;
import increment.v1.Increment.IncrementRequest;
import increment.v1.IncrementServiceGrpc;
import increment.v1.IncrementServiceGrpc.IncrementServiceBlockingStub;
import io.grpc.Grpc;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;

/** Sends a number to increment and prints the result; count-up START STEPS prints a stream of results. */
public final class IncrementClient {
  public static void main(String[] args) {
    try {
      var ca = new File(variable("INCREMENT_CA", "../../certs/ca.pem"));
      var credentials = TlsChannelCredentials.newBuilder().trustManager(ca).build();
      var address = variable("INCREMENT_ADDRESS", "localhost:5000");
      var channel = Grpc.newChannelBuilder(address, credentials).build();
      call(IncrementServiceGrpc.newBlockingStub(channel), args);
      channel.shutdownNow();
    } catch (StatusRuntimeException error) {
      Throwable cause = error; // the root cause is more specific than "io exception"
      while (cause.getCause() != null) cause = cause.getCause();
      var reason = cause == error ? error.getStatus().getDescription() : cause.getMessage();
      fail(error.getStatus().getCode() + ": " + reason);
    } catch (IOException | RuntimeException error) {
      fail(error.getMessage());
    }
  }

  private static void call(IncrementServiceBlockingStub service, String[] args) {
    if (args.length == 0) {
      increment(service, ThreadLocalRandom.current().nextLong(10_000));
    } else if (args.length == 1) {
      increment(service, Long.parseLong(args[0]));
    } else if (args.length == 3 && args[0].equals("count-up")) {
      var request = CountUpRequest.newBuilder().setStart(Long.parseLong(args[1]));
      var responses = service.countUp(request.setSteps(Long.parseUnsignedLong(args[2])).build());
      while (responses.hasNext() && !System.out.checkError()) System.out.println(responses.next().getResult());
    } else {
      throw new IllegalArgumentException("usage: increment [NUMBER | count-up START STEPS]");
    }
  }

  private static void increment(IncrementServiceBlockingStub service, long number) {
    var request = IncrementRequest.newBuilder().setNumber(number).build();
    var response = service.withDeadlineAfter(10, SECONDS).increment(request);
    System.out.println("Send: " + response.getNumber() + ", Return: " + response.getResult());
  }

  /** Returns an environment variable, or the default if it is unset or empty. */
  private static String variable(String name, String fallback) {
    var value = System.getenv(name);
    return value == null || value.isEmpty() ? fallback : value;
  }

  private static void fail(String message) {
    System.err.println(message);
    System.exit(1);
  }
}
