package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.load.extproc.ExtProcLoadTest;
import io.kvasir.testing.Await;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code load-test ext-proc} against pickers in this process. */
class PickerLoadTest {
    private static final Pattern RESULT = Pattern.compile(
            "body (\\d+), (\\d+) chunks (in bulk|paced .* ms), (\\d+) streams: (\\d+) req/s, pick p50 ([\\d.]+) ms p99 ([\\d.]+) ms(.*)\n");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(int port, String... more) {
        var args = new ArrayList<>(List.of("--target", "127.0.0.1:" + port, "--warm-up", "0", "--requests", "20"));
        args.addAll(List.of(more));
        return ExtProcLoadTest.run(args, new PrintWriter(out), new PrintWriter(err));
    }

    @ParameterizedTest
    @CsvSource({"8000,3,0,4", "400000,20,0,2", "8000,20,1,4"})
    void everyRequestComesBackWholeAndPercentilesArePrinted(int body, int chunks, int paceMillis, int streams)
            throws IOException {
        try (var picker = PickerFixture.start()) {
            int status = run(
                    picker.server.port(),
                    "--body",
                    "" + body,
                    "--chunks",
                    "" + chunks,
                    "--pace-ms",
                    "" + paceMillis,
                    "--streams",
                    "" + streams);

            assertThat(err.toString()).isEmpty();
            assertThat(status).isZero();
            var printed = RESULT.matcher(out.toString());
            assertThat(printed.matches()).as(out.toString()).isTrue();
            assertThat(printed.group(1)).isEqualTo("" + body);
            double half = Double.parseDouble(printed.group(6));
            assertThat(half).isPositive().isLessThanOrEqualTo(Double.parseDouble(printed.group(7)));
            assertThat(printed.group(8)).isEmpty();
            assertThat(picker.server.counts().of(StreamEvent.PICKED)).isGreaterThanOrEqualTo(20);
            assertThat(picker.server.counts().of(StreamEvent.OUT_OF_ORDER)).isZero();
            Await.await(() -> picker.server.counts().open() == 0 && picker.inFlight() == 0);
        }
    }

    @Test
    void theRateIsKeptAndTheProcessIsMeasured() throws IOException {
        try (var picker = PickerFixture.start()) {
            long start = System.nanoTime();
            assertThat(run(
                            picker.server.port(),
                            "--rate",
                            "40",
                            "--pid",
                            "" + ProcessHandle.current().pid()))
                    .as(err.toString())
                    .isZero();

            var printed = RESULT.matcher(out.toString());
            assertThat(printed.matches()).as(out.toString()).isTrue();
            // a start may be late, never early: the twentieth comes 19 periods after the first
            assertThat(System.nanoTime() - start).isGreaterThan(19 * 1_000_000_000L / 40);
            assertThat(printed.group(8)).matches(", picker CPU [\\d.]+ ms.* per request");
        }
    }

    @Test
    void aNativeProgramSaysThatItCannotLookIntoThePicker() throws IOException {
        System.setProperty("org.graalvm.nativeimage.imagecode", "runtime");
        try (var picker = PickerFixture.start()) {
            assertThat(run(
                            picker.server.port(),
                            "--pid",
                            "" + ProcessHandle.current().pid()))
                    .isZero();
            assertThat(err.toString()).contains("a native program cannot look into another");
            assertThat(out.toString()).contains("picker CPU").doesNotContain("allocated");
        } finally {
            System.clearProperty("org.graalvm.nativeimage.imagecode");
        }
    }

    @ParameterizedTest
    @CsvSource({"rate,NaN", "rate,-1", "rate,Infinity", "pace-ms,NaN", "pace-ms,-1"})
    void aPaceThatIsNoneIsRefused(String flag, String value) {
        assertThat(run(1, "--" + flag + "=" + value)).isEqualTo(2);
        assertThat(err.toString())
                .contains(flag + " " + Double.parseDouble(value))
                .contains("allowed:");
    }

    @ParameterizedTest
    @CsvSource({"REQUEST", "RESPONSE"})
    void aChangedByteIsAFailure(Direction direction) throws IOException {
        var picker = echo(direction);
        try {
            assertThat(run(picker.getPort(), "--streams", "2")).isEqualTo(1);
            assertThat(err.toString())
                    .isEqualTo("load-test ext-proc: 2 requests failed, the first with bytes missing or" + " changed\n");
        } finally {
            picker.shutdownNow();
        }
    }

    @Test
    void aPickerThatIsNotThereIsAFailureInOneLine() throws IOException {
        int port = ReservedPorts.next();
        assertThat(run(port, "--streams", "2")).isEqualTo(1);
        assertThat(err.toString()).matches("load-test ext-proc: 2 requests failed, the first with UNAVAILABLE: .*\n");
    }

    @Test
    void aProcessThatIsNoJvmIsMeasuredAndLivesOn() throws Exception {
        // many runtimes die of the signal by which one attaches to a JVM; this one does too
        var process = new ProcessBuilder("sh", "-c", "trap 'exit 3' QUIT; echo ready; while read -r line; do :; done")
                .start();
        try (var picker = PickerFixture.start()) {
            assertThat(process.inputReader().readLine()).isEqualTo("ready");
            assertThat(run(picker.server.port(), "--pid", "" + process.pid())).isZero();
            assertThat(out.toString()).contains("picker CPU").doesNotContain("allocated");
            process.getOutputStream().close();
            assertThat(process.waitFor()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    /** A picker that gives everything back, but with one bit of each piece of that direction changed. */
    private static Server echo(Direction spoilt) throws IOException {
        return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(ServerServiceDefinition.builder(ExternalProcessor.SERVICE)
                        .addMethod(ExternalProcessor.PROCESS, (call, _) -> {
                            call.request(1);
                            call.sendHeaders(new Metadata());
                            return new Echo(call, spoilt);
                        })
                        .build())
                .build()
                .start();
    }

    private static final class Echo extends ServerCall.Listener<ProxyMessage> {
        private final ServerCall<ProxyMessage, PickerMessage> call;
        private final Direction spoilt;

        Echo(ServerCall<ProxyMessage, PickerMessage> call, Direction spoilt) {
            this.call = call;
            this.spoilt = spoilt;
        }

        @Override
        public void onMessage(ProxyMessage message) {
            switch (message) {
                case ProxyMessage.Headers headers -> call.sendMessage(PickerMessage.headersPass(headers.direction()));
                case ProxyMessage.Body body -> {
                    if (body.direction() == spoilt && body.length() > 0) {
                        body.array()[body.offset()] ^= 1;
                    }
                    call.sendMessage(new PickerMessage.Chunk(
                            body.direction(), body.array(), body.offset(), body.length(), body.end()));
                }
                default -> throw new AssertionError(message);
            }
            call.request(1);
        }

        @Override
        public void onHalfClose() {
            call.close(Status.OK, new Metadata());
        }
    }
}
