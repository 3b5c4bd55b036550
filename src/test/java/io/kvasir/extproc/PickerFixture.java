package io.kvasir.extproc;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Encoding;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profiles;
import io.kvasir.testing.Loops;
import io.kvasir.transport.Transport;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A picker with a pool of endpoints that nobody serves, on free ports, and a channel to it. */
final class PickerFixture implements AutoCloseable {
    static final List<String> ENDPOINTS = List.of("10.0.0.1:8000", "10.0.0.2:8000", "10.0.0.2:8001");

    final Pool pool = new Pool(HardwareCatalogue.load());
    final Router router;
    final ExtProcServer server;
    private final EventLoopGroup loops;
    private ManagedChannel channel;

    private PickerFixture(
            ExtProcSettings settings,
            List<EndpointSpec> endpoints,
            Policy policy,
            BodyBudget budget,
            LongSupplier clock,
            Transport transport)
            throws IOException {
        loops = transport.loops(Integer.getInteger("loops", 1));
        pool.apply(endpoints);
        var time = new TimeModel(ModelCatalogue.load());
        router = new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, clock, 1),
                time,
                new Profiles(
                        policy.profile(time),
                        new Pairing(
                                new PdDecider.UncachedTokens(16, 0),
                                policy.prefillProfile(time),
                                time,
                                false,
                                Encoding.byRole(policy.encodeProfile(time))),
                        null),
                RouterSettings.DEFAULT,
                _ -> {},
                clock,
                () -> new SplittableRandom(1));
        server = new ExtProcServer(
                settings, router, loops, budget, () -> pool.snapshot().size() > 0);
        server.start();
        channel = channel("picker.test");
    }

    static PickerFixture start() throws IOException {
        return start(StreamSettings.DEFAULT);
    }

    static PickerFixture start(StreamSettings streams) throws IOException {
        return start(plaintext().toBuilder().streams(streams).build(), specs(ENDPOINTS));
    }

    /** One with event loops of that transport. */
    static PickerFixture start(Transport transport) throws IOException {
        return new PickerFixture(
                plaintext(),
                specs(ENDPOINTS),
                Policy.ROUND_ROBIN,
                new BodyBudget(256 << 20),
                System::nanoTime,
                transport);
    }

    /** @param clock the router's, in ns */
    static PickerFixture start(StreamSettings streams, LongSupplier clock) throws IOException {
        var settings = plaintext().toBuilder().streams(streams).build();
        return new PickerFixture(
                settings, specs(ENDPOINTS), Policy.ROUND_ROBIN, new BodyBudget(256 << 20), clock, Loops.CHOSEN);
    }

    static PickerFixture start(ExtProcSettings settings, List<EndpointSpec> endpoints) throws IOException {
        return start(settings, endpoints, Policy.ROUND_ROBIN);
    }

    /** One with so many bytes for bodies. */
    static PickerFixture start(ExtProcSettings settings, List<EndpointSpec> endpoints, long budget) throws IOException {
        return new PickerFixture(
                settings, endpoints, Policy.ROUND_ROBIN, new BodyBudget(budget), System::nanoTime, Loops.CHOSEN);
    }

    static PickerFixture start(ExtProcSettings settings, List<EndpointSpec> endpoints, Policy policy)
            throws IOException {
        return new PickerFixture(
                settings, endpoints, policy, new BodyBudget(256 << 20), System::nanoTime, Loops.CHOSEN);
    }

    static ExtProcSettings plaintext() {
        return ExtProcSettings.builder().ports(0, 0).tls(null).build();
    }

    /** Endpoints as {@code host:port}, each maybe with {@code /ROLE} and {@code /PRODUCT} behind it. */
    static List<EndpointSpec> specs(List<String> endpoints) {
        var specs = new ArrayList<EndpointSpec>();
        for (String endpoint : endpoints) {
            var parts = endpoint.split("/", -1);
            int colon = parts[0].lastIndexOf(':');
            int port = Integer.parseInt(parts[0].substring(colon + 1));
            specs.add(EndpointSpec.builder("engine-" + specs.size(), parts[0].substring(0, colon), port)
                    .role(parts.length > 1 ? Role.valueOf(parts[1]) : Role.BOTH)
                    .product(parts.length > 2 ? parts[2] : null)
                    .build());
        }
        return specs;
    }

    /** A new connection on which the given authority is sent. */
    ManagedChannel channel(String authority) {
        return NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .overrideAuthority(authority)
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    ManagedChannel channel() {
        return channel;
    }

    /** Makes the shared channel send that authority. */
    void authority(String authority) {
        channel.shutdownNow();
        channel = channel(authority);
    }

    /** Requests that the books say are in flight. */
    long inFlight() {
        return pool.snapshot().endpoints().stream()
                .mapToLong(endpoint -> endpoint.load().requests())
                .sum();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.stop(Duration.ZERO);
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
