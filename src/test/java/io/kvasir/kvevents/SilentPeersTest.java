package io.kvasir.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kvasir.kvevents.EventCounts.Incident;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.PreciseView;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** Who is connected and says nothing any more is not believed, and what it said meanwhile is not taken for heard. */
class SilentPeersTest {
    private static final KvEventSettings SETTINGS = KvEventSettings.DEFAULT.silentFor(Duration.ofMillis(450));
    private static final int[] PROMPT = EngineScript.prompt(1, 512);

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final PreciseView view = new PreciseView(16, 1);
    private final ZContext engines = new ZContext(1);
    private final EngineScript script = new EngineScript();
    private final ZMQ.Socket engine = engines.createSocket(SocketType.PUB);
    private final AtomicLong later = new AtomicLong();
    private final AtomicInteger turned = new AtomicInteger();
    private KvEvents events = new KvEvents(view, SETTINGS, this::now);
    private int number;

    @AfterEach
    void stop() {
        events.close();
        engines.close();
    }

    private long now() {
        if (Thread.currentThread().getName().equals("kv-events")) {
            turned.incrementAndGet();
        }
        return System.nanoTime() + later.get();
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofMinutes(1));
    }

    private static int port(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private int listening() {
        engine.setLinger(0);
        int port = ReservedPorts.next();
        engine.bind("tcp://127.0.0.1:" + port);
        return port;
    }

    private void follow(String kvEvents) {
        var spec = EndpointSpec.builder("e", "127.0.0.1", 1).model("m");
        pool.apply(List.of((kvEvents.isEmpty() ? spec : spec.kvEvents(kvEvents)).build()));
        events.start(pool);
    }

    private String state() {
        return pool.snapshot().at(0).replica().kvEvents().state();
    }

    private float confidence() {
        return view.confidence(pool.snapshot().at(0).tenancy());
    }

    private byte[] next() {
        int block = number % (PROMPT.length / EngineScript.BLOCK);
        return script.store(PROMPT, block, block + 1);
    }

    private void publish(ZMQ.Socket by, byte[] batch) {
        by.send("kv@e@m".getBytes(StandardCharsets.UTF_8), ZMQ.SNDMORE);
        by.send(ByteBuffer.allocate(Long.BYTES).putLong(number).array(), ZMQ.SNDMORE);
        by.send(batch);
    }

    /** Says the next batch again and again until it is heard; to hear it twice changes nothing. */
    private void say(ZMQ.Socket by) {
        byte[] batch = next();
        long before = events.applied();
        soon().until(() -> {
            publish(by, batch);
            return events.applied() > before;
        });
        number++;
    }

    /** Says batches until it is believed: on a machine that is slow now, a heartbeat may come too late in between. */
    private void saysUntil(ZMQ.Socket by, String state) {
        soon().until(() -> {
            say(by);
            return state().equals(state);
        });
    }

    private void isBelieved(ZMQ.Socket by) {
        saysUntil(by, "complete");
        soon().until(() -> confidence() > 0);
    }

    private void isNotBelieved(String state) {
        soon().untilAsserted(() -> {
            assertThat(state()).isEqualTo(state);
            assertThat(confidence()).isZero();
        });
    }

    /** Heartbeats have gone and have been answered. */
    private static void afterHeartbeats(FreezingLine line) {
        int before = line.passed();
        soon().until(() -> line.passed() >= before + 6);
        line.freeze();
    }

    @Test
    void anEngineThatFreezesIsNotBelievedUntilItsNextBatchShowsThatNoneIsMissing() throws Exception {
        try (var line = new FreezingLine(listening())) {
            follow("tcp://*:" + line.port());
            isBelieved(engine);
            afterHeartbeats(line);
            isNotBelieved("unresponsive");
            assertThat(events.counts().count(Incident.UNRESPONSIVE)).isPositive();
            line.thaw();
            soon().until(() -> state().equals("waiting"));
            isBelieved(engine);
        }
    }

    @Test
    void whatAnEngineSaidWhileItsConnectionWasFrozenIsKnownToBeMissing() throws Exception {
        try (var line = new FreezingLine(listening())) {
            follow("tcp://*:" + line.port());
            isBelieved(engine);
            afterHeartbeats(line);
            isNotBelieved("unresponsive");
            publish(engine, next());
            number++;
            line.thaw();
            saysUntil(engine, "uncertain");
            assertThat(events.counts().count(Incident.LOST)).isEqualTo(1);
        }
    }

    @Test
    void aPortThatTakesConnectionsAndSaysNothingIsCalledUnresponsive() throws Exception {
        try (var mute = new ServerSocket(ReservedPorts.next(), 64, InetAddress.getLoopbackAddress())) {
            follow("tcp://*:" + mute.getLocalPort());
            isNotBelieved("unresponsive");
        }
        isNotBelieved("disconnected");
    }

    /** What every publisher says first (rfc.zeromq.org/spec/23), and nothing after it. */
    private static byte[] greeting() {
        byte[] greeting = new byte[64];
        greeting[0] = (byte) 0xFF;
        greeting[9] = 0x7F;
        greeting[10] = 3;
        System.arraycopy("NULL".getBytes(StandardCharsets.US_ASCII), 0, greeting, 12, 4);
        return greeting;
    }

    /** The same of a publisher of ZMTP 2 (rfc.zeromq.org/spec/15), with its identity, which is empty. */
    private static byte[] olderGreeting() {
        return new byte[] {(byte) 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 1, 1, 0, 0};
    }

    private static void greets(ServerSocket server, byte[] greeting, AtomicInteger greeted) {
        var open = new ArrayList<Socket>();
        try {
            while (true) {
                var socket = server.accept();
                open.add(socket);
                socket.getOutputStream().write(greeting);
                greeted.incrementAndGet();
            }
        } catch (IOException e) {
            // it is over
            open.forEach(SilentPeersTest::close);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aPeerThatGreetsAndStopsThereIsDialledAgain() throws Exception {
        var greeted = new AtomicInteger();
        try (var server = new ServerSocket(ReservedPorts.next(), 64, InetAddress.getLoopbackAddress())) {
            Thread.startVirtualThread(() -> greets(server, greeting(), greeted));
            follow("tcp://*:" + server.getLocalPort());
            soon().until(() -> greeted.get() >= 3);
            assertThat(confidence()).isZero();
            soon().until(() -> events.counts().count(Incident.UNRESPONSIVE) > 0);
        }
    }

    /** So long a silence that no machine is slow enough to break it by itself: only the clock does. */
    private void waitsLong() {
        events.close();
        events = new KvEvents(view, KvEventSettings.DEFAULT, this::now);
    }

    private void silencesPass() {
        turns();
        later.addAndGet(10 * KvEventSettings.DEFAULT.silence().toNanos());
        turns();
    }

    /** The thread that polls has turned a few times. */
    private void turns() {
        int before = turned.get();
        soon().until(() -> turned.get() > before + 20);
    }

    @Test
    void aPeerWhoseProtocolHasNoHeartbeatsMaySayNothingForLong() throws Exception {
        waitsLong();
        var greeted = new AtomicInteger();
        try (var server = new ServerSocket(ReservedPorts.next(), 64, InetAddress.getLoopbackAddress())) {
            Thread.startVirtualThread(() -> greets(server, olderGreeting(), greeted));
            follow("tcp://*:" + server.getLocalPort());
            soon().until(() -> greeted.get() == 1);
            silencesPass();
            assertThat(greeted.get()).isEqualTo(1);
            assertThat(events.counts().count(Incident.UNRESPONSIVE)).isZero();
        }
    }

    @Test
    void aPeerThatGreetsAndStopsThereIsWaitedForNoLongerThanOneThatDoesNotGreet() throws Exception {
        waitsLong();
        var greeted = new AtomicInteger();
        try (var server = new ServerSocket(ReservedPorts.next(), 64, InetAddress.getLoopbackAddress())) {
            Thread.startVirtualThread(() -> greets(server, greeting(), greeted));
            follow("tcp://*:" + server.getLocalPort());
            soon().until(() -> greeted.get() > 0);
            soon().until(() -> {
                turns();
                later.addAndGet(KvEventSettings.DEFAULT.silence().toNanos() / 2);
                return greeted.get() > 1;
            });
            soon().until(() -> events.counts().count(Incident.UNRESPONSIVE) > 0);
        }
    }

    /** What a publisher says after its greeting (rfc.zeromq.org/spec/23). */
    private static byte[] ready() {
        return "\4\31\5READY\13Socket-Type\0\0\0\3PUB".getBytes(StandardCharsets.US_ASCII);
    }

    /** Agrees with who dials, as a publisher; returns whether it has subscribed then, and so reads what comes. */
    private static boolean agrees(Socket socket) throws IOException {
        try {
            socket.getOutputStream().write(greeting());
            socket.getOutputStream().write(ready());
            var in = socket.getInputStream();
            // flags and length of what it says it is
            byte[] head = in.readNBytes(greeting().length + 2);
            int more = head.length < greeting().length + 2 ? 0 : head[head.length - 1];
            return more > 0 && in.readNBytes(more + 1).length == more + 1;
        } catch (SocketException e) {
            // it dials again
            return false;
        }
    }

    @Test
    void anEngineThatIsGoneForLongIsNotTakenForOneThatHangs() throws Exception {
        waitsLong();
        var server = new ServerSocket(ReservedPorts.next(), 64, InetAddress.getLoopbackAddress());
        follow("tcp://*:" + server.getLocalPort());
        var socket = server.accept();
        // JeroMQ 0.6 does not read every connection that it makes
        while (!agrees(socket)) {
            socket.close();
            socket = server.accept();
        }
        soon().until(() -> state().equals("unheard"));
        server.close();
        socket.close();
        isNotBelieved("disconnected");
        long before = events.counts().count(Incident.UNRESPONSIVE);
        silencesPass();
        assertThat(events.counts().count(Incident.UNRESPONSIVE)).isEqualTo(before);
        isNotBelieved("disconnected");
    }

    private FreezingLine dialsUs() {
        events.close();
        events = new KvEvents(view, SETTINGS.at("tcp://127.0.0.1:*"), System::nanoTime);
        follow("");
        var line = new FreezingLine(port(String.valueOf(events.boundAddress())));
        engine.setLinger(0);
        // JeroMQ 0.6 does not read every connection that it makes, and dials again then
        engine.setHandshakeIvl(2_000);
        engine.connect("tcp://127.0.0.1:" + line.port());
        return line;
    }

    @Test
    void anEngineThatDialsUsAndFreezesIsNotBelievedUntilItSpeaksAgain() throws Exception {
        try (var line = dialsUs()) {
            isBelieved(engine);
            afterHeartbeats(line);
            isNotBelieved("disconnected");
            line.thaw();
            isBelieved(engine);
        }
    }

    @Test
    void anEngineThatDialsUsAndHangsUpIsNotBelievedUntilItSpeaksAgain() throws Exception {
        try (var _ = dialsUs()) {
            isBelieved(engine);
            engine.close();
            isNotBelieved("disconnected");
            var again = engines.createSocket(SocketType.PUB);
            again.setLinger(0);
            again.setHandshakeIvl(2_000);
            again.connect(String.valueOf(events.boundAddress()));
            isBelieved(again);
        }
    }
}
