package io.kvasir.discovery.kubernetes;

import static io.kvasir.discovery.kubernetes.Objects.pod;
import static io.kvasir.discovery.kubernetes.Objects.pool;
import static io.kvasir.discovery.kubernetes.Objects.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.kvasir.route.Booking;
import io.kvasir.traffic.ObjectiveReason;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Objectives and rewrites of a cluster, as requests meet them in the router. */
class TrafficFeedTest {
    private static final String NEW = "llm-d.ai";
    private static final String OLD = "inference.networking.x-k8s.io";

    private final Discovering on;
    private final TestCluster cluster;
    private final Requests requests;

    TrafficFeedTest() {
        var routed = new AtomicReference<Requests>();
        on = new Discovering(pool -> {
            routed.set(new Requests(pool));
            return routed.get().traffic();
        });
        cluster = on.cluster;
        requests = routed.get();
    }

    @BeforeEach
    void objects() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
    }

    @AfterEach
    void stop() {
        on.close();
    }

    private static GenericKubernetesResource objective(String group, String name, String pool, int priority) {
        return yaml("""
                apiVersion: %s/v1alpha2
                kind: InferenceObjective
                metadata: {name: %s, namespace: llm}
                spec: {priority: %d, poolRef: {name: %s}}
                """.formatted(group, name, priority, pool));
    }

    private static GenericKubernetesResource rewrite(String group, String name, String pool, String rules) {
        return yaml("""
                apiVersion: %s/v1alpha2
                kind: InferenceModelRewrite
                metadata: {name: %s, namespace: llm}
                spec: {poolRef: {name: %s}, rules: %s}
                """.formatted(group, name, pool, rules));
    }

    private static String rule(String model, String target) {
        return "[{matches: [{model: {type: Exact, value: %s}}], targets: [{modelRewrite: %s, weight: 1}]}]"
                .formatted(model, target);
    }

    private Booking routed(String model, @Nullable String objective) {
        return requests.routed(model, objective);
    }

    private String model(String asked) {
        return String.valueOf(routed(asked, null).request().model());
    }

    @Test
    void objectsOfThePoolAreInForceBeforeItIsReady() {
        cluster.put(objective(NEW, "batch", "pool", -5));
        cluster.put(objective(NEW, "others", "other", 9));
        cluster.put(yaml("""
                apiVersion: %s/v1alpha2
                kind: InferenceObjective
                metadata: {name: unset, namespace: llm}
                spec: {poolRef: {name: pool}}
                """.formatted(NEW)));
        cluster.put(rewrite(NEW, "canary", "pool", rule("poems", "poems-v2")));
        cluster.put(rewrite(NEW, "other", "other", rule("prose", "prose-v2")));
        on.start();
        assertThat(model("poems")).isEqualTo("poems-v2");
        assertThat(model("prose")).isEqualTo("prose");
        assertThat(routed("m", "batch").rules().priority()).isEqualTo(-5);
        assertThat(routed("m", "others").rules().objective()).isEqualTo(ObjectiveReason.UNKNOWN);
        assertThat(routed("m", "unset").rules().objective()).isEqualTo(ObjectiveReason.FOUND);
        assertThat(routed("m", "unset").rules().priority()).isZero();
        assertThat(on.counts().objects())
                .containsEntry("inferenceobjectives", 2)
                .containsEntry("inferencemodelrewrites", 1);
    }

    @Test
    void anObjectivesAnnotationsSayWhatIsEnoughForThoseWhoDoNot() {
        cluster.put(yaml("""
                apiVersion: %s/v1alpha2
                kind: InferenceObjective
                metadata:
                  name: chat
                  namespace: llm
                  annotations: {kvasir.io/slo-ttft-ms: "500", kvasir.io/slo-tpot-ms: fast}
                spec: {priority: 3, poolRef: {name: pool}}
                """.formatted(NEW)));
        on.start();
        var headers = routed("m", "chat").request().headers();
        assertThat(headers.ttftSlo()).isEqualTo(0.5);
        assertThat(headers.tpotSlo()).isNaN();
        assertThat(routed("m", "chat").rules().priority()).isEqualTo(3);
        assertThat(routed("m", null).request().headers().ttftSlo()).isNaN();
    }

    @Test
    void anAnnotationThatCannotBeMeantIsToldOnceAndTheRestCounts() {
        var lines = new CopyOnWriteArrayList<String>();
        var handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        var log = Logger.getLogger(TrafficFeed.class.getName());
        log.addHandler(handler);
        try {
            cluster.put(yaml("""
                    apiVersion: %s/v1alpha2
                    kind: InferenceObjective
                    metadata:
                      name: chat
                      namespace: llm
                      annotations: {kvasir.io/slo-ttft-ms: 0.5s, kvasir.io/slo-tpot-ms: "40"}
                    spec: {priority: 3, poolRef: {name: pool}}
                    """.formatted(NEW)));
            on.start();
            cluster.put(objective(NEW, "batch", "pool", 1));
            await().until(() -> routed("m", "batch").rules().priority() == 1);
        } finally {
            log.removeHandler(handler);
        }
        assertThat(routed("m", "chat").request().headers().tpotSlo()).isEqualTo(0.04);
        assertThat(lines)
                .containsExactly("objective chat: kvasir.io/slo-ttft-ms: bad value \"0.5s\" is ignored;"
                        + " allowed: ms above 0, up to a day");
    }

    @Test
    void changesAreMetByTrafficThatNeverStops() throws Exception {
        on.start();
        var stop = new AtomicBoolean();
        var answered = new AtomicLong();
        var failure = new AtomicReference<@Nullable Throwable>();
        var traffic = Thread.ofVirtual().start(() -> {
            try {
                while (!stop.get()) {
                    assertThat(model("poems")).isIn("poems", "v2", "v3");
                    answered.incrementAndGet();
                }
            } catch (RuntimeException | AssertionError e) {
                failure.set(e);
            }
        });
        cluster.put(rewrite(NEW, "canary", "pool", rule("poems", "v2")));
        await().until(() -> model("poems").equals("v2"));
        cluster.put(rewrite(NEW, "canary", "pool", rule("poems", "v3")));
        await().until(() -> model("poems").equals("v3"));
        cluster.put(rewrite(NEW, "canary", "elsewhere", rule("poems", "v3")));
        await().until(() -> model("poems").equals("poems"));
        cluster.put(objective(NEW, "batch", "pool", 1));
        await().until(() -> routed("poems", "batch").rules().priority() == 1);
        cluster.put(objective(NEW, "batch", "pool", 7));
        await().until(() -> routed("poems", "batch").rules().priority() == 7);
        cluster.delete(objective(NEW, "batch", "pool", 7));
        await().until(() -> routed("poems", "batch").rules().objective() == ObjectiveReason.UNKNOWN);
        stop.set(true);
        traffic.join();
        assertThat(failure.get()).isNull();
        assertThat(answered).hasPositiveValue();
    }

    @Test
    void theOldGroupIsReadWhereTheNewOneIsMissing() {
        cluster.refuse("/apis/llm-d.ai/", 404);
        cluster.put(objective(OLD, "batch", "pool", 3));
        cluster.put(rewrite(OLD, "canary", "pool", rule("poems", "old")));
        on.start();
        assertThat(routed("m", "batch").rules().priority()).isEqualTo(3);
        assertThat(model("poems")).isEqualTo("old");
    }

    @Test
    void missingOrForbiddenKindsAreDoneWithoutAndTriedAgain() {
        cluster.refuse("/inferenceobjectives", 404);
        cluster.refuse("/inferencemodelrewrites", 403);
        cluster.put(rewrite(NEW, "canary", "pool", rule("poems", "v2")));
        on.discovery.start();
        await().until(on.discovery::synced);
        assertThat(model("poems")).isEqualTo("poems");
        assertThat(on.counts().stream("inferenceobjectives").off()).isEqualTo(WatchFailure.NOT_FOUND);
        assertThat(on.counts().stream("inferencemodelrewrites").off()).isEqualTo(WatchFailure.FORBIDDEN);
        cluster.refuse("/inferencemodelrewrites", 0);
        await().until(() -> model("poems").equals("v2"));
        await().until(() -> on.counts().stream("inferencemodelrewrites").off() == null);
    }

    @Test
    void requestsAreRoutedByTheLastRulesWhileTheServerIsAway() {
        cluster.put(rewrite(NEW, "canary", "pool", rule("poems", "v2")));
        on.start();
        cluster.down();
        for (String kind : new String[] {"pods", "inferencepools", "inferencemodelrewrites", "inferenceobjectives"}) {
            await().until(() -> on.counts().stream(kind).failures(WatchFailure.UNREACHABLE) > 2);
        }
        assertThat(model("poems")).isEqualTo("v2");
        assertThat(on.discovery.synced()).isTrue();
        cluster.delete(rewrite(NEW, "canary", "pool", rule("poems", "v2")));
        cluster.put(pod("b", "10.0.0.2"));
        cluster.up();
        on.expect("10.0.0.1:8000", "10.0.0.2:8000");
        await().untilAsserted(() -> assertThat(
                        on.counts().stream("inferencemodelrewrites").failing())
                .isFalse());
    }

    @Test
    void aServerThatRefusesWhileItStartsTakesNoRuleAway() {
        cluster.put(rewrite(NEW, "canary", "pool", rule("poems", "v2")));
        on.start();
        cluster.down();
        await().until(() -> rewrites().failures(WatchFailure.UNREACHABLE) > 0);
        cluster.asked();
        cluster.starting(403);
        await().until(() -> rewrites().failures(WatchFailure.FORBIDDEN) > 0);
        cluster.refuse("/", 429);
        await().until(() -> rewrites().failures(WatchFailure.THROTTLED) > 0);
        cluster.refuse("/", 500);
        await().until(() -> rewrites().failures(WatchFailure.SERVER_ERROR) > 0);
        assertThat(model("poems")).isEqualTo("v2");
        cluster.refuse("/", 0);
        await().until(() -> !rewrites().failing());
        assertThat(model("poems")).isEqualTo("v2");
        assertThat(cluster.asked()).noneMatch(path -> path.contains("inferencemodelrewrites") && path.contains(OLD));
    }

    private StreamCounts rewrites() {
        return on.counts().stream("inferencemodelrewrites");
    }

    @Test
    void aRuleThatOnlyHasMatchesOfAnUnknownTypeIsForNobody() {
        cluster.put(rewrite(
                NEW,
                "future",
                "pool",
                "[{matches: [{model: {type: Prefix, value: po}}], targets: [{modelRewrite: x}]},"
                        + " {targets: [{modelRewrite: base}]}]"));
        on.start();
        assertThat(model("poems")).isEqualTo("base");
        assertThat(routed("poems", null).rules().rule()).isEqualTo("future[0]");
    }
}
