package io.kvasir.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodListBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A stream against a server whose every answer is scripted. */
class ObjectStreamTest {
    private static final StreamTimes TIMES = new StreamTimes(
            Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofMinutes(2));

    private final Server server = new Server();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final StreamCounts counts = new StreamCounts("pods");
    private final AtomicLong clock = new AtomicLong();
    private final List<Long> waits = Collections.synchronizedList(new ArrayList<>());
    private @Nullable ObjectStream<Pod, String> stream;

    @AfterEach
    void close() {
        if (stream != null) {
            stream.close();
        }
    }

    private void open(boolean optional, StreamTimes times, Server... servers) {
        stream = new ObjectStream<>(
                        List.<ObjectSource<Pod>>of(servers),
                        ObjectStreamTest::name,
                        new Told(),
                        optional,
                        counts,
                        times,
                        clock::get,
                        millis -> {
                            waits.add(millis);
                            clock.addAndGet(millis * 1_000_000);
                        })
                .open();
    }

    private static String name(Pod pod) {
        if (pod.getMetadata().getName().equals("broken")) {
            throw new IllegalArgumentException("broken");
        }
        return pod.getMetadata().getName();
    }

    private void expect(String... lines) {
        await().untilAsserted(() -> assertThat(told).containsExactly(lines));
    }

    @Test
    void listsInPagesThenFollowsAndGoesOnFromTheLastEvent() {
        server.lists.add(page("5", "more", "a", "b"));
        server.lists.add(page("5", "", "c"));
        var first = server.watch();
        var second = server.watch();
        open(false, TIMES, server);
        expect("all [a, b, c]", "settled");
        await().until(() -> first.watcher != null);
        first.event(Watcher.Action.ADDED, "d", "7");
        first.event(Watcher.Action.DELETED, "a", "8");
        first.event(Watcher.Action.BOOKMARK, "", "11");
        first.end();
        await().until(() -> second.watcher != null);
        expect("all [a, b, c]", "settled", "put d", "removed a");
        assertThat(server.watchedFrom).containsExactly("5", "11");
        assertThat(waits).isEmpty();
        assertThat(counts.resyncs()).isEqualTo(1);
        assertThat(counts.watches()).isEqualTo(2);
        assertThat(counts.events()).isEqualTo(2);
    }

    @Test
    void aVersionThatIsGoneIsListedAgainAtOnce() {
        server.lists.add(page("5", "", "a"));
        var first = server.watch();
        server.lists.add(page("90", "", "b"));
        var second = server.watch();
        open(false, TIMES, server);
        await().until(() -> first.watcher != null);
        first.event(Watcher.Action.ADDED, "c", "6");
        first.fail(410);
        await().until(() -> second.watcher != null);
        expect("all [a]", "settled", "put c", "all [b]");
        assertThat(server.watchedFrom).containsExactly("5", "90");
        assertThat(counts.failures(WatchFailure.GONE)).isEqualTo(1);
        assertThat(counts.failing()).isFalse();
        assertThat(waits).isEmpty();
    }

    @Test
    void aVersionThatIsGoneWhenAWatchOpensIsListedAgain() {
        server.lists.add(page("5", "", "a"));
        server.watches.add(new Refusal(410));
        server.lists.add(page("90", "", "b"));
        var second = server.watch();
        open(false, TIMES, server);
        await().until(() -> second.watcher != null);
        expect("all [a]", "settled", "all [b]");
    }

    @Test
    void anExpiredPageStartsTheListAgain() {
        server.lists.add(page("5", "more", "a"));
        server.lists.add(new Refusal(410));
        server.lists.add(page("9", "", "a", "b"));
        var watch = server.watch();
        open(false, TIMES, server);
        await().until(() -> watch.watcher != null);
        assertThat(told).contains("all [a, b]");
        assertThat(told).doesNotContain("all [a]");
    }

    @Test
    void anOutageOfAMinuteLosesNothingAndWaitsNoLongerThanTheBound() {
        server.lists.add(page("5", "", "a"));
        var first = server.watch();
        open(false, TIMES, server);
        await().until(() -> first.watcher != null);
        server.downUntil(clock, Duration.ofSeconds(60));
        var second = server.watch();
        first.event(Watcher.Action.MODIFIED, "a", "6");
        first.end();
        await().until(() -> second.watcher != null);
        second.event(Watcher.Action.ADDED, "b", "7");
        expect("all [a]", "settled", "put a", "put b");
        assertThat(server.watchedFrom).containsExactly("5", "6");
        assertThat(counts.resyncs()).isEqualTo(1);
        assertThat(waits).hasSizeBetween(7, 12).allMatch(millis -> millis <= 12_500);
        assertThat(counts.failures(WatchFailure.UNREACHABLE)).isEqualTo(waits.size());
    }

    @Test
    void aConnectionThatIsRefusedIsAnOutageThoughTheClientSaysOnlyThatTheWatchEnded() {
        server.lists.add(page("5", "", "a"));
        var first = server.watch();
        open(false, TIMES, server);
        await().until(() -> first.watcher != null);
        for (int i = 0; i < 2 * 3; i++) {
            server.watches.add(new Ended());
            server.lists.add(new Unreachable());
        }
        var second = server.watch();
        first.event(Watcher.Action.MODIFIED, "a", "6");
        first.end();
        await().until(() -> second.watcher != null);
        expect("all [a]", "settled", "put a");
        assertThat(counts.resyncs()).isEqualTo(1);
        assertThat(counts.failures(WatchFailure.UNREACHABLE)).isEqualTo(6);
        assertThat(counts.failures(WatchFailure.ENDED)).isZero();
    }

    @Test
    void watchesThatAServerEndsAtOnceAreCountedAsEndedAndListedAgain() {
        server.lists.add(page("5", "", "a"));
        for (int i = 0; i < 3; i++) {
            server.watches.add(new Ended());
            server.lists.add(page("5", "", "a"));
        }
        server.lists.add(page("9", "", "b"));
        var watch = server.watch();
        open(false, TIMES, server);
        await().until(() -> watch.watcher != null);
        expect("all [a]", "settled", "all [b]");
        assertThat(counts.failures(WatchFailure.ENDED)).isEqualTo(3);
    }

    @Test
    void aServerThatStartsAndRefusesWhatItAllowedBeforeIsAskedAgainSoon() {
        var old = new Server();
        server.lists.add(page("5", "", "a"));
        var first = server.watch();
        open(true, TIMES, server, old);
        await().until(() -> first.watcher != null);
        server.watches.add(new Refusal(403));
        server.watches.add(new Refusal(429));
        server.watches.add(new Refusal(500));
        var second = server.watch();
        first.event(Watcher.Action.MODIFIED, "a", "6");
        first.end();
        await().until(() -> second.watcher != null);
        expect("all [a]", "settled", "put a");
        assertThat(server.watchedFrom).containsExactly("5", "6");
        assertThat(counts.off()).isNull();
        assertThat(waits).hasSize(3).allMatch(millis -> millis <= 5_000);
    }

    @Test
    void aListThatIsRefusedWhileTheServerStartsIsNotAskedOfTheNextGroup() {
        var old = new Server();
        server.lists.add(page("5", "", "a"));
        var first = server.watch();
        open(true, TIMES, server, old);
        await().until(() -> first.watcher != null);
        server.lists.add(new Refusal(403));
        server.lists.add(new Refusal(404));
        server.lists.add(page("9", "", "b"));
        var second = server.watch();
        first.fail(410);
        await().until(() -> second.watcher != null);
        expect("all [a]", "settled", "all [b]");
        assertThat(counts.off()).isNull();
    }

    @Test
    void whatIsRefusedForLongIsNotToBeHadAndTheNextGroupIsFollowed() {
        var old = new Server();
        server.lists.add(page("5", "", "a"));
        var first = server.watch();
        open(true, TIMES, server, old);
        await().until(() -> first.watcher != null);
        for (int i = 0; i < 3; i++) {
            server.watches.add(new Refusal(404));
        }
        for (int i = 0; i < 20; i++) {
            server.lists.add(new Refusal(404));
        }
        old.lists.add(page("1", "", "old"));
        var second = old.watch();
        first.event(Watcher.Action.MODIFIED, "a", "6");
        first.end();
        await().until(() -> second.watcher != null);
        expect("all [a]", "settled", "put a", "all [old]");
        assertThat(waits.stream().mapToLong(Long::longValue).sum()).isBetween(30_000L, 60_000L);
    }

    @Test
    void anEventOfAWatchThatIsOverIsDroppedBecauseTheNextOneBringsItAgain() {
        server.lists.add(page("5", "", "a"));
        var first = server.watch();
        var second = server.watch();
        open(false, TIMES, server);
        await().until(() -> first.watcher != null);
        first.event(Watcher.Action.ADDED, "b", "6");
        first.end();
        await().until(() -> second.watcher != null);
        first.event(Watcher.Action.ADDED, "late", "7");
        second.event(Watcher.Action.ADDED, "c", "8");
        expect("all [a]", "settled", "put b", "put c");
    }

    @Test
    void aWatchThatSaysNothingForTooLongIsGivenUp() {
        server.lists.add(page("5", "", "a"));
        var first = server.watch();
        var second = server.watch();
        open(false, new StreamTimes(TIMES.first(), TIMES.most(), TIMES.recheck(), Duration.ofMillis(50)), server);
        await().until(() -> first.watcher != null);
        clock.addAndGet(Duration.ofSeconds(10).toNanos());
        await().until(() -> second.watcher != null);
        assertThat(first.closed).isTrue();
        assertThat(server.watchedFrom).startsWith("5", "5");
    }

    @Test
    void whereWatchesAreForbiddenObjectsAreListedAgainAndAgain() {
        server.lists.add(page("5", "", "a"));
        for (int i = 0; i < 3; i++) {
            server.watches.add(new Refusal(403));
        }
        server.lists.add(page("9", "", "b"));
        var watch = server.watch();
        open(false, TIMES, server);
        await().until(() -> watch.watcher != null);
        expect("all [a]", "settled", "all [b]");
        assertThat(counts.failures(WatchFailure.FORBIDDEN)).isEqualTo(3);
    }

    @Test
    void anObjectThatCannotBeUnderstoodIsPassedOverAndCounted() {
        server.lists.add(page("5", "", "a", "broken"));
        var watch = server.watch();
        open(false, TIMES, server);
        await().until(() -> watch.watcher != null);
        watch.event(Watcher.Action.ADDED, "broken", "6");
        watch.event(Watcher.Action.ADDED, "b", "7");
        expect("all [a]", "settled", "put b");
        assertThat(counts.malformed()).isEqualTo(2);
    }

    @Test
    void aKindOneCanDoWithoutIsLookedForEachMinute() {
        server.lists.add(new Refusal(404));
        server.lists.add(new Refusal(403));
        server.lists.add(page("5", "", "a"));
        var watch = server.watch();
        open(true, TIMES, server);
        await().until(() -> watch.watcher != null);
        expect("settled", "all [a]");
        assertThat(waits).containsExactly(60_000L, 60_000L);
        assertThat(counts.off()).isNull();
    }

    @Test
    void ofTwoGroupsTheFirstThatExistsIsFollowedAndTheBetterOneIsTriedAgain() {
        var old = new Server();
        server.lists.add(new Refusal(404));
        old.lists.add(page("5", "", "old"));
        var oldWatch = old.watch();
        server.lists.add(page("1", "", "new"));
        var watch = server.watch();
        open(true, TIMES, server, old);
        await().until(() -> oldWatch.watcher != null);
        expect("all [old]", "settled");
        oldWatch.event(Watcher.Action.BOOKMARK, "", "6");
        oldWatch.end();
        await().until(() -> watch.watcher != null);
        expect("all [old]", "settled", "all [new]");
    }

    @Test
    void nothingIsToldAfterClose() {
        server.lists.add(page("5", "", "a"));
        var watch = server.watch();
        open(false, TIMES, server);
        await().until(() -> watch.watcher != null);
        java.util.Objects.requireNonNull(stream).close();
        watch.event(Watcher.Action.ADDED, "b", "6");
        assertThat(told).containsExactly("all [a]", "settled");
    }

    private static KubernetesResourceList<Pod> page(String version, String next, String... names) {
        var list = new PodListBuilder()
                .withNewMetadata()
                .withResourceVersion(version)
                .withContinue(next)
                .endMetadata();
        for (String name : names) {
            list.addToItems(object(name, "1"));
        }
        return list.build();
    }

    private static Pod object(String name, String version) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withResourceVersion(version)
                .endMetadata()
                .build();
    }

    private record Refusal(int status) {}

    /** No answer at all. */
    private record Unreachable() {}

    /** A watch that the client says has ended, and no more. */
    private record Ended() {}

    private final class Told implements ObjectSink<String> {
        @Override
        public void replaced(List<String> all) {
            told.add("all " + all);
        }

        @Override
        public void put(String object) {
            told.add("put " + object);
        }

        @Override
        public void removed(String name) {
            told.add("removed " + name);
        }

        @Override
        public void settled() {
            told.add("settled");
        }
    }

    private static final class Server implements ObjectSource<Pod> {
        private final BlockingQueue<Object> lists = new LinkedBlockingQueue<>();
        private final BlockingQueue<Object> watches = new LinkedBlockingQueue<>();
        private final List<@Nullable String> watchedFrom = Collections.synchronizedList(new ArrayList<>());
        private volatile long upAt;
        private volatile AtomicLong clock = new AtomicLong();

        @Override
        public String name() {
            return "pods";
        }

        /** A watch that opens when it is asked for. */
        Scripted watch() {
            var watch = new Scripted();
            watches.add(watch);
            return watch;
        }

        void downUntil(AtomicLong clock, Duration duration) {
            this.clock = clock;
            upAt = clock.get() + duration.toNanos();
        }

        private Object next(BlockingQueue<Object> answers) {
            if (clock.get() < upAt) {
                throw new KubernetesClientException("connection refused");
            }
            try {
                Object answer = answers.take();
                if (answer instanceof Unreachable) {
                    throw new KubernetesClientException("connection refused");
                }
                if (answer instanceof Refusal refusal) {
                    throw new KubernetesClientException("refused", refusal.status, null);
                }
                return answer;
            } catch (InterruptedException e) {
                throw new KubernetesClientException("interrupted", e);
            }
        }

        @Override
        @SuppressWarnings("unchecked")
        public KubernetesResourceList<Pod> list(ListOptions options) {
            return (KubernetesResourceList<Pod>) next(lists);
        }

        @Override
        public Watch watch(ListOptions options, Watcher<Pod> watcher) {
            Object answer = next(watches);
            if (answer instanceof Ended) {
                watcher.onClose(new WatcherException("Exhausted reconnects"));
                return () -> {};
            }
            var watch = (Scripted) answer;
            watchedFrom.add(options.getResourceVersion());
            watch.watcher = watcher;
            return watch;
        }
    }

    private static final class Scripted implements Watch {
        private volatile @Nullable Watcher<Pod> watcher;
        private volatile boolean closed;

        private Watcher<Pod> watcher() {
            return java.util.Objects.requireNonNull(watcher);
        }

        void event(Watcher.Action action, String name, String version) {
            watcher().eventReceived(action, object(name, version));
        }

        /** As the client says that a server ended a watch. */
        void end() {
            watcher().onClose(new WatcherException("Exhausted reconnects"));
        }

        void fail(int status) {
            watcher().onClose(new WatcherException("failed", new KubernetesClientException("failed", status, null)));
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
