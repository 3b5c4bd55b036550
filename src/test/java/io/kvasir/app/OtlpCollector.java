package io.kvasir.app;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpServer;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Takes spans by OTLP, over gRPC or HTTP, and reads of their protobuf what tests look at (opentelemetry-proto 1.x). */
final class OtlpCollector implements AutoCloseable {
    /** A span, ids in hexadecimal digits, values of attributes as text; of which service. */
    record Received(
            String traceId,
            String spanId,
            String parentId,
            String name,
            Map<String, String> attributes,
            String service) {}

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] bytes) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final List<Received> spans = new CopyOnWriteArrayList<>();
    private final @Nullable Server grpc;
    private final @Nullable HttpServer http;
    private volatile int status = 200;
    private final AtomicInteger refused = new AtomicInteger();

    private OtlpCollector(boolean overGrpc) throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        grpc = overGrpc
                ? NettyServerBuilder.forAddress(address)
                        .addService(service())
                        .build()
                        .start()
                : null;
        http = overGrpc ? null : HttpServer.create(address, 0);
        if (http != null) {
            http.createContext("/v1/traces", exchange -> {
                byte[] body = exchange.getRequestBody().readAllBytes();
                if (status == 200) {
                    take(body);
                } else {
                    refused.incrementAndGet();
                }
                exchange.getResponseHeaders().set("content-type", "application/x-protobuf");
                exchange.sendResponseHeaders(status, -1);
                exchange.close();
            });
            http.start();
        }
    }

    static OtlpCollector overGrpc() throws IOException {
        return new OtlpCollector(true);
    }

    static OtlpCollector overHttp() throws IOException {
        return new OtlpCollector(false);
    }

    private ServerServiceDefinition service() {
        var export = MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("opentelemetry.proto.collector.trace.v1.TraceService/Export")
                .build();
        return ServerServiceDefinition.builder("opentelemetry.proto.collector.trace.v1.TraceService")
                .addMethod(
                        export,
                        ServerCalls.asyncUnaryCall((byte[] request, io.grpc.stub.StreamObserver<byte[]> answer) -> {
                            take(request);
                            answer.onNext(new byte[0]);
                            answer.onCompleted();
                        }))
                .build();
    }

    /** Where it is found, as the variables of OpenTelemetry want it. */
    String endpoint() {
        int port = grpc != null
                ? grpc.getPort()
                : http == null ? 0 : http.getAddress().getPort();
        return "http://127.0.0.1:" + port;
    }

    List<Received> spans() {
        return spans;
    }

    /** Has it answer with that status from now on; it takes spans with 200 only. */
    void answer(int httpStatus) {
        status = httpStatus;
    }

    /** How many exports it did not take. */
    int refused() {
        return refused.get();
    }

    private void take(byte[] request) {
        try {
            for (var resourceSpans : messages(UnknownFieldSet.parseFrom(request), 1)) {
                String service = "";
                for (var resource : messages(resourceSpans, 1)) {
                    service = attributes(resource, 1).getOrDefault("service.name", "");
                }
                for (var scope : messages(resourceSpans, 2)) {
                    for (var span : messages(scope, 2)) {
                        spans.add(new Received(
                                hex(span, 1), hex(span, 2), hex(span, 4), text(span, 5), attributes(span, 9), service));
                    }
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<UnknownFieldSet> messages(UnknownFieldSet of, int field) throws InvalidProtocolBufferException {
        var list = new CopyOnWriteArrayList<UnknownFieldSet>();
        for (ByteString bytes : of.getField(field).getLengthDelimitedList()) {
            list.add(UnknownFieldSet.parseFrom(bytes));
        }
        return list;
    }

    private static Map<String, String> attributes(UnknownFieldSet of, int field) throws InvalidProtocolBufferException {
        var map = new TreeMap<String, String>();
        for (var pair : messages(of, field)) {
            for (var value : messages(pair, 2)) {
                map.put(text(pair, 1), value(value));
            }
        }
        return map;
    }

    private static String value(UnknownFieldSet any) {
        if (any.hasField(1)) {
            return text(any, 1);
        } else if (any.hasField(3)) {
            return Long.toString(any.getField(3).getVarintList().getFirst());
        } else if (any.hasField(4)) {
            return Double.toString(
                    Double.longBitsToDouble(any.getField(4).getFixed64List().getFirst()));
        }
        return any.toString();
    }

    private static String text(UnknownFieldSet of, int field) {
        var values = of.getField(field).getLengthDelimitedList();
        return values.isEmpty() ? "" : values.getFirst().toStringUtf8();
    }

    private static String hex(UnknownFieldSet of, int field) {
        var values = of.getField(field).getLengthDelimitedList();
        return values.isEmpty()
                ? ""
                : HexFormat.of().formatHex(values.getFirst().toByteArray());
    }

    @Override
    public void close() {
        if (grpc != null) {
            grpc.shutdownNow();
        }
        if (http != null) {
            http.stop(0);
        }
    }
}
