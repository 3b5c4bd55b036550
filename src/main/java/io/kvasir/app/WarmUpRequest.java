package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.kvasir.extproc.tls.ServerTls;
import io.kvasir.extproc.wire.proto.HeaderMap;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.extproc.wire.proto.HttpBody;
import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.extproc.wire.proto.ProcessingRequest;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

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
            return !Boolean.FALSE.equals(answered.get(nanos, TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    /** Through the endpoint picker, as a gateway in full duplex mode. */
    final class Picked implements WarmUpRequest {
        private static final int EVENTS = 8;

        private final WarmUpConnection connection;

        Picked(int port, boolean tls, EventLoopGroup loops) throws IOException {
            connection = WarmUpConnection.to(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                    tls ? trustingAnybody() : null,
                    loops);
        }

        /** What gRPC's builder would make, which first has a context made that trusts whom the JVM trusts. */
        private static SslContext trustingAnybody() throws IOException {
            try {
                var tls = SSLContext.getInstance("TLS");
                tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
                return new JdkSslContext(
                        tls,
                        true,
                        Http2SecurityUtil.CIPHERS,
                        SupportedCipherSuiteFilter.INSTANCE,
                        ServerTls.http2(),
                        ClientAuth.NONE,
                        new String[] {"TLSv1.3", "TLSv1.2"},
                        false);
            } catch (GeneralSecurityException e) {
                throw new IOException(e);
            }
        }

        @Override
        public boolean send(int number, long nanos) {
            var messages = new ArrayList<byte[]>();
            messages.add(joined(
                    headers(
                            ProcessingRequest.REQUEST_HEADERS_FIELD_NUMBER,
                            ":method",
                            "POST",
                            ":path",
                            "/v1/chat/completions",
                            "content-type",
                            "application/json",
                            "x-request-id",
                            MODEL),
                    field(
                            ProcessingRequest.PROTOCOL_CONFIG_FIELD_NUMBER,
                            ProtocolConfiguration.newBuilder()
                                    .setRequestBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                                    .setResponseBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                                    .build()
                                    .toByteArray())));
            messages.add(chunk(ProcessingRequest.REQUEST_BODY_FIELD_NUMBER, body(number)));
            messages.add(end(ProcessingRequest.REQUEST_BODY_FIELD_NUMBER));
            messages.add(headers(
                    ProcessingRequest.RESPONSE_HEADERS_FIELD_NUMBER,
                    ":status",
                    "200",
                    "content-type",
                    "text/event-stream"));
            for (int i = 0; i < EVENTS; i++) {
                messages.add(chunk(ProcessingRequest.RESPONSE_BODY_FIELD_NUMBER, WarmUpEngine.EVENT.getBytes(UTF_8)));
            }
            messages.add(end(ProcessingRequest.RESPONSE_BODY_FIELD_NUMBER));
            return within(connection.call(messages), nanos);
        }

        private static byte[] headers(int field, String... namesAndValues) {
            var map = HeaderMap.newBuilder();
            for (int i = 0; i < namesAndValues.length; i += 2) {
                map.addHeaders(HeaderValue.newBuilder()
                        .setKey(namesAndValues[i])
                        .setRawValue(ByteString.copyFromUtf8(namesAndValues[i + 1])));
            }
            return field(field, HttpHeaders.newBuilder().setHeaders(map).build().toByteArray());
        }

        private static byte[] chunk(int field, byte[] bytes) {
            return field(field, field(HttpBody.BODY_FIELD_NUMBER, bytes));
        }

        private static byte[] end(int field) {
            return field(field, new byte[] {HttpBody.END_OF_STREAM_FIELD_NUMBER << 3, 1});
        }

        /** A field of a message, as protobuf writes one that is delimited by its length. */
        private static byte[] field(int number, byte[] content) {
            var out = new ByteArrayOutputStream();
            out.write(number << 3 | 2);
            int left = content.length;
            for (; left > 0x7F; left >>>= 7) {
                out.write(left & 0x7F | 0x80);
            }
            out.write(left);
            out.writeBytes(content);
            return out.toByteArray();
        }

        private static byte[] joined(byte[] one, byte[] other) {
            var both = Arrays.copyOf(one, one.length + other.length);
            System.arraycopy(other, 0, both, one.length, other.length);
            return both;
        }

        @Override
        public void close() {
            connection.close();
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
