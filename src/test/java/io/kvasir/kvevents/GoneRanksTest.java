package io.kvasir.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kvasir.kvevents.EventCounts.Incident;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.PreciseView;
import io.kvasir.testing.ReservedPorts;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** An engine that comes back with fewer data-parallel ranks than are dialled is believed for those that it has. */
class GoneRanksTest {
    private static final int[] PROMPT = EngineScript.prompt(1, 512);

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final PreciseView view = new PreciseView(16, 1);
    private final AtomicLong later = new AtomicLong();
    /** How often the time was asked for. */
    private final AtomicLong looked = new AtomicLong();

    private final KvEvents events = new KvEvents(view, KvEventSettings.DEFAULT, () -> {
        looked.incrementAndGet();
        return System.nanoTime() + later.get();
    });
    private final ZContext engines = new ZContext(1);

    @AfterEach
    void stop() {
        events.close();
        engines.close();
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofMinutes(1));
    }

    private ZMQ.Socket publisher(int port) {
        var socket = engines.createSocket(SocketType.PUB);
        socket.setLinger(0);
        socket.bind("tcp://127.0.0.1:" + port);
        return socket;
    }

    /** Two publishers at ports side by side. */
    private ZMQ.Socket[] pair() {
        int first = ReservedPorts.next(2);
        return new ZMQ.Socket[] {publisher(first), publisher(first + 1)};
    }

    private static int port(ZMQ.Socket socket) {
        String address = socket.getLastEndpoint();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private String state() {
        return pool.snapshot().at(0).replica().kvEvents().state();
    }

    private float confidence() {
        return view.confidence(pool.snapshot().at(0).tenancy());
    }

    /** A publisher and what it says. */
    private static final class Rank {
        final EngineScript script = new EngineScript();
        ZMQ.Socket socket;
        int number;

        Rank(ZMQ.Socket socket) {
            this.socket = socket;
        }
    }

    /** Says the next batch again and again until it is heard; to hear it twice changes nothing. */
    private void say(Rank rank) {
        int block = rank.number % (PROMPT.length / EngineScript.BLOCK);
        byte[] batch = rank.script.store(PROMPT, block, block + 1);
        long before = events.applied();
        soon().until(() -> {
            rank.socket.send("kv@e@m".getBytes(StandardCharsets.UTF_8), ZMQ.SNDMORE);
            rank.socket.send(
                    ByteBuffer.allocate(Long.BYTES).putLong(rank.number).array(), ZMQ.SNDMORE);
            rank.socket.send(batch);
            return events.applied() > before;
        });
        rank.number++;
    }

    private void areBelieved(Rank... ranks) {
        soon().until(() -> {
            for (Rank rank : ranks) {
                say(rank);
            }
            return state().equals("complete") && confidence() > 0;
        });
    }

    private void follow(int firstPort) {
        pool.apply(List.of(EndpointSpec.builder("e", "127.0.0.1", 1)
                .model("m")
                .kvEvents("tcp://127.0.0.1:" + firstPort + "?ranks=2")
                .build()));
        events.start(pool);
    }

    @Test
    void aRankThatIsGoneKeepsNobodyFromBelievingTheOthersAndIsHeardAgainWhenItComesBack() {
        var pair = pair();
        int gone = port(pair[1]);
        follow(port(pair[0]));
        var first = new Rank(pair[0]);
        areBelieved(first, new Rank(pair[1]));

        pair[1].close();
        soon().until(() -> state().equals("disconnected"));
        assertThat(events.counts().count(Incident.GONE)).isZero();
        soon().until(() -> {
            say(first);
            later.addAndGet(RankPresence.ABSENT_NANOS);
            return events.counts().count(Incident.GONE) == 1;
        });
        areBelieved(first);

        var again = publisher(gone);
        areBelieved(first, new Rank(again));
        again.close();
        soon().until(() -> state().equals("disconnected"));
    }

    @Test
    void anEngineOfWhichNoRankIsThereIsDisconnectedUntilItComesBackWithOne() {
        var pair = pair();
        int firstPort = port(pair[0]);
        follow(firstPort);
        var alone = new Rank(pair[0]);
        areBelieved(alone, new Rank(pair[1]));
        pair[0].close();
        pair[1].close();
        soon().until(() -> state().equals("disconnected") && confidence() == 0);
        assertThat(events.counts().count(Incident.GONE)).isZero();

        alone.socket = publisher(firstPort);
        soon().until(() -> {
            say(alone);
            later.addAndGet(RankPresence.ABSENT_NANOS);
            return events.counts().count(Incident.GONE) == 1;
        });
        areBelieved(alone);
    }

    @Test
    void aRankThatNeverWasThereKeepsNobodyFromBelievingTheOthersEither() {
        int port = ReservedPorts.next(2);
        var first = new Rank(publisher(port));
        follow(port);
        soon().until(() -> {
            say(first);
            later.addAndGet(RankPresence.ABSENT_NANOS);
            return events.counts().count(Incident.GONE) == 1;
        });
        areBelieved(first);
        areBelieved(first, new Rank(publisher(port + 1)));
    }

    @Test
    void ofAnEngineOfWhichNothingWasThereYetNoRankIsGone() {
        follow(ReservedPorts.next(2));
        soon().until(() -> state().equals("unheard"));
        for (int turn = 0; turn < 5; turn++) {
            long before = looked.get();
            later.addAndGet(RankPresence.ABSENT_NANOS);
            soon().until(() -> looked.get() > before + 10);
        }
        assertThat(events.counts().count(Incident.GONE)).isZero();
        assertThat(state()).isEqualTo("unheard");
    }
}
