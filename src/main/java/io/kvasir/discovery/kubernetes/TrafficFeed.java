package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.kvasir.traffic.ModelRewrite;
import io.kvasir.traffic.ModelRewrites;
import io.kvasir.traffic.Objective;
import io.kvasir.traffic.Objectives;
import io.kvasir.traffic.TrafficRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Gives the router the InferenceObjectives and InferenceModelRewrites of one pool. Either kind may be missing or
 * forbidden; what was known of it before stays in force then. Lives on the thread of events.
 */
final class TrafficFeed {
    private static final String OBJECTIVES = "inferenceobjectives";
    private static final String REWRITES = "inferencemodelrewrites";
    private static final Logger LOG = Logger.getLogger(TrafficFeed.class);

    private final Streams streams;
    private final String namespace;
    private final String pool;
    private final TrafficRules traffic;
    private final ObjectTable<TrafficObject<Objective>> objectives;
    private final ObjectTable<TrafficObject<ModelRewrite>> rewrites;
    private List<String> objectiveWarnings = List.of();
    private List<String> rewriteWarnings = List.of();
    private volatile boolean tried;

    TrafficFeed(Streams streams, String namespace, String pool, TrafficRules traffic) {
        this.streams = streams;
        this.namespace = namespace;
        this.pool = pool;
        this.traffic = traffic;
        objectives = streams.table(TrafficObject::name, (_, _) -> true, _ -> objectivesChanged());
        rewrites = streams.table(TrafficObject::name, (_, _) -> true, _ -> rewritesChanged());
    }

    void start() {
        follow("InferenceObjective", OBJECTIVES, TrafficObject::objective, objectives);
        follow("InferenceModelRewrite", REWRITES, TrafficObject::rewrite, rewrites);
    }

    private <F> void follow(
            String kind, String plural, Function<GenericKubernetesResource, F> facts, ObjectSink<F> sink) {
        var sources = TrafficObject.GROUPS.stream()
                .map(group -> ObjectSource.of(
                        plural + "." + group,
                        streams.client()
                                .genericKubernetesResources(TrafficObject.definition(group, kind, plural))
                                .inNamespace(namespace)))
                .toList();
        streams.openIfAllowed(plural, sources, facts, sink);
    }

    private void objectivesChanged() {
        var ours = new HashMap<String, Objective>();
        var warnings = new ArrayList<String>();
        for (var objective : objectives.values()) {
            if (pool.equals(objective.pool())) {
                ours.put(objective.name(), objective.said());
                warnings.addAll(objective.warnings());
            }
        }
        traffic.replace(Objectives.named(ours));
        warn(warnings, objectiveWarnings);
        objectiveWarnings = warnings;
        changed(OBJECTIVES, ours.size());
    }

    private void rewritesChanged() {
        var ours = rewrites.values().stream()
                .filter(rewrite -> pool.equals(rewrite.pool()))
                .map(TrafficObject::said)
                .toList();
        var rules = ModelRewrites.of(ours);
        traffic.replace(rules);
        warn(rules.warnings(), rewriteWarnings);
        rewriteWarnings = rules.warnings();
        changed(REWRITES, ours.size());
    }

    private static void warn(List<String> lines, List<String> told) {
        lines.stream().filter(line -> !told.contains(line)).forEach(LOG::warn);
    }

    private void changed(String kind, int count) {
        streams.counts().objects(kind, count);
        tried = objectives.tried() && rewrites.tried();
    }

    /** Whether both kinds were asked for once, well or not. */
    boolean tried() {
        return tried;
    }
}
