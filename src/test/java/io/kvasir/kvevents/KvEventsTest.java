package io.kvasir.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvasir.pool.CacheConfig;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.EventAddress;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.ToldEvents;
import io.kvasir.prefix.KeyScheme;
import io.kvasir.prefix.KeySchemes;
import io.kvasir.prefix.KeysOfTokens;
import io.kvasir.prefix.PreciseView;
import io.kvasir.prefix.PromptKeys;
import io.kvasir.testing.ReservedPorts;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/** Endpoints are followed each for itself, wherever their events are said to be. */
class KvEventsTest {
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final PreciseView view = new PreciseView(2_048, 1);
    private final CountDownLatch asked = new CountDownLatch(1);
    private final AtomicInteger lookups = new AtomicInteger();
    private final CountDownLatch answer = new CountDownLatch(1);
    private final KvEvents events = new KvEvents(view, KvEventSettings.DEFAULT, System::nanoTime, this::resolve);
    private final ZContext engines = new ZContext(1);
    private final EngineScript script = new EngineScript();
    private long number;

    private InetAddress resolve(String name) throws UnknownHostException {
        if (name.equals("here") || name.equals("alias")) {
            return InetAddress.getLoopbackAddress();
        }
        if (name.equals("far")) {
            return InetAddress.ofLiteral("192.0.2.7");
        }
        if (name.equals("slow") || name.equals("slow-here")) {
            lookups.incrementAndGet();
            asked.countDown();
            try {
                answer.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (name.equals("slow-here")) {
            return InetAddress.getLoopbackAddress();
        }
        throw new UnknownHostException(name);
    }

    @AfterEach
    void stop() {
        answer.countDown();
        events.close();
        engines.close();
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofMinutes(1));
    }

    private ZMQ.@Nullable Socket engine(String address) {
        var socket = engines.createSocket(SocketType.PUB);
        socket.setLinger(0);
        socket.setIPv6(address.contains("["));
        try {
            socket.bind(address);
            return socket;
        } catch (ZMQException e) {
            return null;
        }
    }

    private static int port(ZMQ.Socket socket) {
        String address = socket.getLastEndpoint();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private static EndpointSpec spec(String name, String address, int port, String events) {
        return EndpointSpec.builder(name, address, port)
                .model("m")
                .kvEvents(events)
                .build();
    }

    private void follow(EndpointSpec... specs) {
        var all = new ArrayList<>(List.of(specs));
        pool.apply(all);
        events.start(pool);
    }

    private String state(String name) {
        return pool.snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.spec().name().equals(name))
                .map(endpoint -> endpoint.replica().kvEvents().state())
                .findFirst()
                .orElseThrow();
    }

    /** Publishes until something is heard: who publishes before somebody listens is not heard. */
    private void untilHeard(ZMQ.Socket engine) {
        long before = events.applied();
        soon().until(() -> {
            engine.send(new byte[0], ZMQ.SNDMORE);
            engine.send(ByteBuffer.allocate(Long.BYTES).putLong(number++).array(), ZMQ.SNDMORE);
            engine.send(script.store(EngineScript.prompt(1, 32), 0, 2));
            return events.applied() > before;
        });
    }

    private ZMQ.Socket local() {
        return Objects.requireNonNull(engine("tcp://127.0.0.1:" + ReservedPorts.next()));
    }

    private Endpoint silent(String name, String address) {
        follow(EndpointSpec.builder(name, address, 1).model("m").build());
        return pool.snapshot().at(0);
    }

    private static ToldEvents told(int rank, String host, int port) {
        return new ToldEvents(List.of(new ToldEvents.Rank(rank, new EventAddress(host, port, 0, "", 1))), null);
    }

    @Test
    void whereAnEngineSaysThatItsEventsAreItIsDialledAndElsewhereOnceItSaysSo() {
        var first = local();
        var second = local();
        var endpoint = silent("e", "127.0.0.1");
        soon().until(() -> state("e").equals("not-configured"));
        endpoint.replica().toldEvents(told(0, "*", port(first)));
        untilHeard(first);
        soon().until(() -> state("e").equals("complete") || state("e").equals("partial"));
        endpoint.replica().toldEvents(told(3, "127.0.0.1", port(second)));
        untilHeard(second);
        endpoint.replica().toldEvents(ToldEvents.NONE);
        soon().until(() -> state("e").equals("not-configured"));
    }

    @Test
    void anEngineIsDialledAtItsOwnHostByWhateverNameAndMakesNobodyDialAnother() {
        var own = local();
        var endpoint = silent("e", "here");
        endpoint.replica().toldEvents(told(0, "far", port(own)));
        soon().until(() -> state("e").equals("elsewhere"));
        endpoint.replica().toldEvents(told(0, "192.0.2.7", port(own)));
        soon().until(() -> state("e").equals("elsewhere"));
        endpoint.replica().toldEvents(told(0, "alias", port(own)));
        untilHeard(own);
    }

    @Test
    void anEngineOfWhichSomeRanksCannotBeDialledIsNotFollowedInPart() {
        var far = new EventPlaces("10.0.0.7", 0);
        var told = new ToldEvents(
                List.of(
                        new ToldEvents.Rank(0, new EventAddress("*", 5557, 0, "", 1)),
                        new ToldEvents.Rank(1, new EventAddress("127.0.0.1", 5558, 0, "", 1))),
                null);
        assertThat(far.dialled(told)).isEmpty();
        assertThat(far.problem(told)).isEqualTo("only-on-its-host");
        assertThat(far.dialled(new ToldEvents(told.ranks().subList(0, 1), "unsupported-address")))
                .isEmpty();
    }

    private static PromptKeys keys(int... prompt) {
        return KeysOfTokens.of(KeySchemes.of(KeyScheme.Tokens.FINEST), prompt);
    }

    private void untilReported() {
        var replica = pool.snapshot().at(0).replica();
        var before = replica.kvEvents();
        soon().untilAsserted(() -> assertThat(replica.kvEvents()).isNotSameAs(before));
    }

    @Test
    void anEngineThatIsNotConnectedIsNotCalledSilent() {
        var engine = local();
        follow(spec("e", "127.0.0.1", 1, "tcp://*:" + port(engine)));
        untilHeard(engine);
        engine.close();
        soon().until(() -> state("e").equals("disconnected"));
        long tenancy = pool.snapshot().at(0).tenancy();
        for (int r = 0; !view.silent(tenancy); r++) {
            assertThat(r).isLessThan(100);
            view.routed(1, keys(EngineScript.prompt(r, 200)), tenancy, 0).finished(1);
        }
        untilReported();
        untilReported();
        assertThat(state("e")).isEqualTo("disconnected");
    }

    @Test
    void anEngineThatSaysThatItKeepsNoPrefixesIsNotBelievedToHoldAny() {
        var engine = local();
        follow(spec("e", "127.0.0.1", 1, "tcp://*:" + port(engine)));
        untilHeard(engine);
        long tenancy = pool.snapshot().at(0).tenancy();
        soon().until(() -> view.confidence(tenancy) > 0);
        pool.snapshot()
                .at(0)
                .report(EngineStats.at(1)
                        .running(0)
                        .waiting(0)
                        .kvUsage(0)
                        .blocks(16, 100)
                        .prefixes(0, 0)
                        .preemptions(0)
                        .cache(new CacheConfig("sha256", false))
                        .build());
        soon().until(() -> state("e").equals("caching-off"));
        assertThat(view.confidence(tenancy)).isZero();
    }

    @Test
    void anEngineWhoseConnectionBreaksIsAskedAgainWhereItsEventsAre() {
        var asked = new CopyOnWriteArrayList<String>();
        events.asking(endpoint -> asked.add(endpoint.spec().name()));
        var first = local();
        var endpoint = silent("e", "127.0.0.1");
        endpoint.replica().toldEvents(told(0, "127.0.0.1", port(first)));
        untilHeard(first);
        // on a machine that is slow now, a first connection may have taken too long
        int before = asked.size();
        first.close();
        soon().until(() -> asked.size() > before);
        assertThat(asked.getLast()).isEqualTo("e");
    }

    @Test
    void whatAnEngineSaysMeansWhatItMeansFromHere() {
        var near = new EventPlaces("127.0.0.1", 5557);
        var far = new EventPlaces("10.0.0.7", 5557);
        assertThat(far.dialled(told(2, "*", 6000)).getFirst().address().host()).isEqualTo("10.0.0.7");
        assertThat(new EventPlaces("fd00::7", 0)
                        .dialled(told(2, "*", 6000))
                        .getFirst()
                        .address()
                        .live(0))
                .isEqualTo("tcp://[fd00::7]:6000");
        assertThat(far.dialled(told(0, "10.0.0.7", 5557))).hasSize(1);
        assertThat(far.dialled(told(0, "10.0.0.8", 6000))).hasSize(1);
        assertThat(near.dialled(told(0, "127.0.0.1", 5557))).hasSize(1);
        assertThat(near.dialled(told(0, "localhost", 6000))).hasSize(1);
        // bound to a loopback address of another machine
        assertThat(far.dialled(told(0, "127.0.0.1", 6000))).isEmpty();
        assertThat(far.problem(told(0, "127.0.0.1", 6000))).isEqualTo("only-on-its-host");
        // it dials, and that is us
        assertThat(far.dialled(told(0, "kvasir", 5557))).isEmpty();
        assertThat(far.problem(told(0, "kvasir", 5557))).isEqualTo("dials-us");
        assertThat(new EventPlaces("10.0.0.7", 0).dialled(told(0, "kvasir", 5557)))
                .hasSize(1);
        assertThat(far.problem(ToldEvents.NONE)).isNull();
        assertThat(far.problem(new ToldEvents(List.of(), "unsupported-address")))
                .isEqualTo("unsupported-address");
    }

    @Test
    void aDescriptionOutranksWhatTheEngineSays() {
        var described = local();
        var other = local();
        follow(spec("e", "127.0.0.1", 1, "tcp://*:" + port(described)));
        pool.snapshot().at(0).replica().toldEvents(told(0, "127.0.0.1", port(other)));
        untilHeard(described);
    }

    @Test
    void aHostThatNobodyKnowsKeepsNobodyElseUp() {
        var good = local();
        follow(
                spec("lost", "127.0.0.2", 1, "tcp://nowhere:5557?replay=5558"),
                spec("good", "127.0.0.1", 2, "tcp://*:" + port(good)));
        untilHeard(good);
        soon().until(() -> state("lost").equals("unknown-host"));
        soon().until(() -> !state("good").equals("unheard"));
    }

    @Test
    void aNameThatIsSlowToBeFoundKeepsNobodyElseUp() throws Exception {
        var good = local();
        follow(
                spec("slow", "127.0.0.2", 1, "tcp://slow:5557"),
                spec("good", "127.0.0.1", 2, "tcp://here:" + port(good)));
        asked.await();
        untilHeard(good);
    }

    @Test
    void anEngineWhoseNameIsLookedForTwiceIsDialledOnce() {
        var own = local();
        var endpoint = silent("e", "slow-here");
        endpoint.replica().toldEvents(told(0, "*", port(own)));
        soon().until(() -> lookups.get() == 1);
        endpoint.replica().toldEvents(ToldEvents.NONE);
        soon().until(() -> state("e").equals("not-configured"));
        endpoint.replica().toldEvents(told(0, "*", port(own)));
        soon().until(() -> lookups.get() == 2);
        answer.countDown();
        untilHeard(own);
        pool.apply(List.of());
        soon().until(() -> !view.knowsAny());
    }

    @Test
    void anAddressOfVersionSixIsDialled() {
        var six = engine("tcp://[::1]:*");
        assumeTrue(six != null, "this machine has no IPv6");
        follow(spec("six", "::1", 1, "tcp://*:" + port(six)));
        untilHeard(six);
    }

    @Test
    void moreRanksThanTheLibraryUsuallyHasSocketsForAreDialled() {
        var good = local();
        follow(
                spec("wide", "127.0.0.2", 1, "tcp://127.0.0.1:20000?ranks=520&replay=30000"),
                spec("good", "127.0.0.1", 2, "tcp://*:" + port(good)));
        untilHeard(good);
        soon().until(() -> state("wide").equals("unheard"));
    }

    @Test
    void whoLeavesWhileItsNameIsLookedForIsNotDialled() throws Exception {
        var good = local();
        follow(spec("slow", "127.0.0.2", 1, "tcp://slow:5557"));
        asked.await();
        pool.apply(Arrays.asList(spec("good", "127.0.0.1", 2, "tcp://*:" + port(good))));
        answer.countDown();
        untilHeard(good);
        assertThat(pool.snapshot().endpoints()).hasSize(1);
    }

    @Test
    void anAddressThatIsTakenIsNamedInOneLine() {
        var taken = local();
        String address = "tcp://127.0.0.1:" + port(taken);
        try (var other = new KvEvents(view, KvEventSettings.DEFAULT.at(address), System::nanoTime)) {
            assertThatThrownBy(() -> other.start(pool))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("kv-events-bind: " + address + " cannot be bound")
                    .hasMessageNotContaining("\n");
        }
    }
}
