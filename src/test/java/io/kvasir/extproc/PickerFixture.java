package io.kvasir.extproc;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Policy;
import io.netty.channel.nio.NioEventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** A picker with a pool of endpoints that nobody serves, on free ports, and a channel to it. */
final class PickerFixture implements AutoCloseable {
    static final List<String> ENDPOINTS = List.of("10.0.0.1:8000", "10.0.0.2:8000", "10.0.0.2:8001");

    final Pool pool = new Pool(HardwareCatalogue.load());
    final Router router;
    final ExtProcServer server;
    private final NioEventLoopGroup loops = new NioEventLoopGroup(Integer.getInteger("loops", 1));
    private ManagedChannel channel;

    private PickerFixture(ExtProcSettings settings, List<EndpointSpec> endpoints, Policy policy) throws IOException {
        pool.apply(endpoints);
        var time = new TimeModel(ModelCatalogue.load());
        router = new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, System::nanoTime, 1),
                time,
                policy.profile(time),
                RouterSettings.DEFAULT,
                System::nanoTime,
                () -> new SplittableRandom(1));
        server =
                new ExtProcServer(settings, router, loops, () -> pool.snapshot().size() > 0);
        server.start();
        channel = channel("picker.test");
    }

    static PickerFixture start() throws IOException {
        return start(StreamSettings.DEFAULT);
    }

    static PickerFixture start(StreamSettings streams) throws IOException {
        return start(plaintext().withStreams(streams), specs(ENDPOINTS));
    }

    static PickerFixture start(ExtProcSettings settings, List<EndpointSpec> endpoints) throws IOException {
        return new PickerFixture(settings, endpoints, Policy.ROUND_ROBIN);
    }

    static PickerFixture start(ExtProcSettings settings, List<EndpointSpec> endpoints, Policy policy)
            throws IOException {
        return new PickerFixture(settings, endpoints, policy);
    }

    static ExtProcSettings plaintext() {
        return ExtProcSettings.DEFAULT.withPorts(0, 0).withTls(null);
    }

    static List<EndpointSpec> specs(List<String> hostPorts) {
        var specs = new ArrayList<EndpointSpec>();
        for (String hostPort : hostPorts) {
            int colon = hostPort.lastIndexOf(':');
            specs.add(EndpointSpec.of(
                    "engine-" + specs.size(),
                    hostPort.substring(0, colon),
                    Integer.parseInt(hostPort.substring(colon + 1))));
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
