package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HeaderMap;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;
import io.kvasir.transport.Transport;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A way to send requests through one door. */
sealed interface WarmUpRequest extends AutoCloseable permits WarmUpRequest.Picked, WarmUpRequest.Proxied {
    /** The model that they ask for. */
    String MODEL = "warm-up";

    /**
     * Sends one and waits for the end of its answer.
     *
     * @param number prompts differ by it
     * @return whether it was answered within that time
     */
    boolean send(int number, long nanos);

    /** A streamed chat of about 8 KB. */
    static byte[] body(int number) {
        return ("{\"model\":\"" + MODEL
                        + "\",\"stream\":true,\"max_tokens\":16,\"messages\":[{\"role\":\"system\",\"content\":\""
                        + "You are of \\u00e9xcellent help. ".repeat(200) + "\"},{\"role\":\"user\",\"content\":\""
                        + ("words " + number + ' ').repeat(200) + "\"}]}")
                .getBytes(UTF_8);
    }

    @Override
    void close();

    private static boolean within(CompletableFuture<?> answered, long nanos) {
        try {
            answered.get(nanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    /** Through the endpoint picker, as a gateway in full duplex mode. */
    final class Picked implements WarmUpRequest {
        private final ManagedChannel channel;

        Picked(int port, boolean tls, EventLoopGroup loops) throws IOException {
            var builder = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .eventLoopGroup(loops)
                    .channelType(Transport.of(loops).socket())
                    .directExecutor();
            if (tls) {
                builder.overrideAuthority("localhost")
                        .sslContext(GrpcSslContexts.forClient()
                                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                                .build());
            } else {
                builder.usePlaintext();
            }
            channel = builder.build();
        }

        @Override
        public boolean send(int number, long nanos) {
            var ended = new CompletableFuture<Status>();
            var call = channel.newCall(ExternalProcessor.PROCESS, CallOptions.DEFAULT);
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            ended.complete(status);
                        }
                    },
                    new Metadata());
            call.request(Integer.MAX_VALUE);
            byte[] body = body(number);
            call.sendMessage(headers(
                    Direction.REQUEST,
                    ":method",
                    "POST",
                    ":path",
                    "/v1/chat/completions",
                    "content-type",
                    "application/json",
                    "x-request-id",
                    MODEL));
            call.sendMessage(chunk(Direction.REQUEST, body, false));
            call.sendMessage(chunk(Direction.REQUEST, new byte[0], true));
            call.sendMessage(headers(Direction.RESPONSE, ":status", "200", "content-type", "text/event-stream"));
            for (int i = 0; i < 8; i++) {
                call.sendMessage(chunk(Direction.RESPONSE, WarmUpEngine.EVENT.getBytes(UTF_8), false));
            }
            call.sendMessage(chunk(Direction.RESPONSE, new byte[0], true));
            call.halfClose();
            return within(ended, nanos);
        }

        private static ProxyMessage chunk(Direction direction, byte[] bytes, boolean end) {
            return new ProxyMessage.Body(direction, bytes, 0, bytes.length, end, false);
        }

        private static ProxyMessage headers(Direction direction, String... namesAndValues) {
            var map = HeaderMap.newBuilder();
            for (int i = 0; i < namesAndValues.length; i += 2) {
                map.addHeaders(HeaderValue.newBuilder()
                        .setKey(namesAndValues[i])
                        .setRawValue(ByteString.copyFromUtf8(namesAndValues[i + 1])));
            }
            var modes = ProtocolConfiguration.newBuilder()
                    .setRequestBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                    .setResponseBodyMode(BodySendMode.FULL_DUPLEX_STREAMED);
            return new ProxyMessage.Headers(
                    direction,
                    HttpHeaders.newBuilder().setHeaders(map).build(),
                    io.kvasir.extproc.wire.proto.Metadata.getDefaultInstance(),
                    direction == Direction.REQUEST ? modes.build() : null,
                    false);
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }

    /** Through the HTTP proxy. */
    final class Proxied implements WarmUpRequest {
        private final int port;
        private final HttpClient client;

        Proxied(int port, Vertx vertx) {
            this.port = port;
            client = vertx.createHttpClient();
        }

        @Override
        public boolean send(int number, long nanos) {
            var answered = client.request(HttpMethod.POST, port, "127.0.0.1", "/v1/chat/completions")
                    .compose((HttpClientRequest request) -> {
                        // asked for before anything is sent: an answer that comes sooner than its reader is lost
                        var answer = request.response().compose(HttpClientResponse::body);
                        var _ = request.putHeader("content-type", "application/json")
                                .end(Buffer.buffer(body(number)));
                        return answer;
                    });
            return within(answered.toCompletionStage().toCompletableFuture(), nanos);
        }

        @Override
        public void close() {
            var _ = client.close();
        }
    }
}
