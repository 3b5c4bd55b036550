package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.extproc.ExtProcServer;
import io.kvasir.extproc.ExtProcSettings;
import io.kvasir.extproc.Messages;
import io.kvasir.extproc.ProxyCall;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.ImmediateResponse;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.proxy.ProxyServer;
import io.kvasir.proxy.ProxySettings;
import io.kvasir.proxy.RawClient;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Profile;
import io.kvasir.testing.Loops;
import io.netty.channel.EventLoopGroup;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Both doors over one router, and an engine that notes what it is sent. */
final class TwoDoors implements AutoCloseable {
    static final BodySendMode DUPLEX = BodySendMode.FULL_DUPLEX_STREAMED;

    /** A request; the body null for none. */
    record Call(String method, String path, @Nullable String body, Map<String, String> headers) {
        static Call post(String path, String body) {
            return new Call("POST", path, body, Map.of());
        }

        Call with(String name, String value) {
            var more = new LinkedHashMap<>(headers);
            more.put(name, value);
            return new Call(method, path, body, more);
        }
    }

    /** What a client is told. */
    record Answer(
            int status,
            @Nullable String type,
            @Nullable String reason,
            @Nullable String retryAfter,
            @Nullable String retryAfterMillis,
            String body) {}

    final Pool pool = new Pool(HardwareCatalogue.load());
    final Router router;
    final BodyBudget budget;
    private final List<Map<String, List<String>>> received = Collections.synchronizedList(new ArrayList<>());
    private final HttpServer engine;
    private final Vertx vertx = Vertx.vertx(Loops.vertx(1));
    private final EventLoopGroup loops = Loops.of(1);
    private final ProxyServer proxy;
    private final ExtProcServer picker;
    private final ManagedChannel channel;

    /** @param bodies bytes for bodies, of both doors */
    TwoDoors(Function<TimeModel, Profile> policy, long bodies) throws IOException {
        engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        engine.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            received.add(lowerCase(exchange.getRequestHeaders()));
            byte[] body = "{}".getBytes(UTF_8);
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        engine.start();
        var time = new TimeModel(ModelCatalogue.load());
        router = new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, System::nanoTime, 1),
                time,
                policy.apply(time),
                RouterSettings.DEFAULT,
                System::nanoTime,
                () -> new SplittableRandom(1));
        budget = new BodyBudget(bodies);
        proxy = new ProxyServer(ProxySettings.DEFAULT.at("127.0.0.1", 0).withEventLoops(1), router, budget, vertx);
        proxy.start();
        var settings = ExtProcSettings.builder().ports(0, 0).tls(null).build();
        picker = new ExtProcServer(settings, router, loops, budget, () -> true);
        picker.start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", picker.port())
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    /** Has requests wait by these settings from now on, looked after until both doors close. */
    void queue(FlowSettings settings) {
        var queue = new FlowControl(
                settings,
                pool,
                router.time(),
                RouterSettings.DEFAULT.freshness().toNanos(),
                System::nanoTime,
                () -> new SplittableRandom(1));
        router.admission(queue);
        vertx.setPeriodic(10, _ -> queue.tick());
    }

    /** An endpoint at the engine's address. */
    EndpointSpec endpoint(String name, Role role, @Nullable String model, int maxModelLen) {
        return endpoint(name, "127.0.0.1", role, model, maxModelLen);
    }

    /** One where nobody is. */
    EndpointSpec vacant(String name, String model) {
        return endpoint(name, "127.255.255.254", Role.BOTH, model, 0);
    }

    private EndpointSpec endpoint(String name, String address, Role role, @Nullable String model, int maxModelLen) {
        int port = engine.getAddress().getPort();
        return EndpointSpec.builder(name, address, port)
                .role(role)
                .model(model)
                .maxModelLen(maxModelLen)
                .build();
    }

    private static Map<String, List<String>> lowerCase(Headers headers) {
        var names = new TreeMap<String, List<String>>();
        headers.forEach((name, values) -> names.put(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
        return names;
    }

    /** What the proxy answers. */
    Answer proxied(Call call) throws IOException {
        try (var client = new RawClient(proxy.port())) {
            begin(client, call, true);
            return answer(client);
        }
    }

    private static void begin(RawClient client, Call call, boolean whole) throws IOException {
        var head = new StringBuilder(call.method() + " " + call.path() + " HTTP/1.1\r\nhost: x\r\n");
        call.headers()
                .forEach((name, value) ->
                        head.append(name).append(": ").append(value).append("\r\n"));
        String body = call.body();
        if (body != null) {
            head.append("content-length: ")
                    .append(body.getBytes(UTF_8).length + (whole ? 0 : 1))
                    .append("\r\n");
        }
        client.send(head.append("\r\n").append(body == null ? "" : body).toString());
    }

    private static Answer answer(RawClient client) throws IOException {
        var answer = client.answer();
        var headers = answer.headers();
        return new Answer(
                answer.status(),
                headers.get("content-type"),
                headers.get("x-llm-d-request-dropped-reason"),
                headers.get("retry-after"),
                headers.get("retry-after-ms"),
                answer.body());
    }

    /** The headers that the engine got of a request that the proxy passed on. */
    Map<String, List<String>> passed(Call call) throws IOException {
        received.clear();
        proxied(call);
        return received.getFirst();
    }

    /** The picker's first word on a request. */
    ProcessingResponse picked(Call call, BodySendMode mode) {
        var stream = begin(call, mode, true);
        var first = stream.answer();
        if (mode != DUPLEX && first.hasRequestHeaders() && call.body() != null) {
            first = stream.answer();
        }
        stream.cancel();
        return first;
    }

    private ProxyCall begin(Call call, BodySendMode mode, boolean whole) {
        var stream = new ProxyCall(channel);
        var headers = new ArrayList<>(List.of(":method", call.method(), ":path", call.path()));
        call.headers().forEach((name, value) -> {
            headers.add(name);
            headers.add(value);
        });
        String body = call.body();
        stream.send(new ProxyMessage.Headers(
                Direction.REQUEST,
                Messages.headers(body == null, headers.toArray(String[]::new)),
                Metadata.getDefaultInstance(),
                Messages.modes(mode, BodySendMode.NONE),
                false));
        if (body != null) {
            stream.send(Messages.requestBody(body, whole));
        }
        return stream;
    }

    /** What the picker has the client told. */
    Answer refused(Call call, BodySendMode mode) {
        return answer(picked(call, mode));
    }

    private static Answer answer(ProcessingResponse first) {
        ImmediateResponse immediate = first.getImmediateResponse();
        var headers = new TreeMap<String, String>();
        immediate
                .getHeaders()
                .getSetHeadersList()
                .forEach(option -> headers.put(
                        option.getHeader().getKey(),
                        option.getHeader().getRawValue().toStringUtf8()));
        return new Answer(
                immediate.getStatus().getCode(),
                headers.get("content-type"),
                headers.get("x-llm-d-request-dropped-reason"),
                headers.get("retry-after"),
                headers.get("retry-after-ms"),
                immediate.getBody().toStringUtf8());
    }

    /** What clients of both doors are told whose request is incomplete when the doors close: the proxy's first. */
    List<Answer> stoppedWhile(Call call) throws IOException {
        try (var client = new RawClient(proxy.port())) {
            begin(client, call, false);
            var stream = begin(call, DUPLEX, false);
            await("both requests are read", () -> budget.used() >= 2L * io.kvasir.route.HeldBytes.REQUEST);
            proxy.stop(Duration.ZERO);
            picker.stop(Duration.ZERO);
            return List.of(answer(client), answer(stream.answer()));
        }
    }

    private static void await(String what, java.util.function.BooleanSupplier met) {
        org.awaitility.Awaitility.await(what).until(met::getAsBoolean);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        proxy.stop(Duration.ZERO);
        picker.stop(Duration.ZERO);
        vertx.close().toCompletionStage().toCompletableFuture().join();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        engine.stop(0);
    }
}
