package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.List;
import java.util.Map;

/**
 * How near candidates are to the {@linkplain SchedulingContext#peer peer} that they would work for, by labels: 1 on the same
 * host, 0.2 in the same rack, 0.05 in the same zone, 0.02 in the same region, else 0, and 0 without a peer. As a filter keeps
 * those that are at least so near, and all where none is or there is no peer.
 */
final class TopologyAffinity {
    /** From near to far. */
    private enum Level {
        HOST("host", "kubernetes.io/hostname", 1),
        RACK("rack", "topology.kubernetes.io/rack", 0.2),
        ZONE("zone", "topology.kubernetes.io/zone", 0.05),
        REGION("region", "topology.kubernetes.io/region", 0.02),
        NONE("", "", 0);

        private final String word;
        private final String label;
        private final double score;

        Level(String word, String label, double score) {
            this.word = word;
            this.label = label;
            this.score = score;
        }
    }

    private static final List<Level> LEVELS = List.of(Level.HOST, Level.RACK, Level.ZONE, Level.REGION);
    private static final Parameter<String> LEAST =
            Parameter.word("minAffinity", "host", "host", "rack", "zone", "region");

    static final PluginType FILTER = PluginType.of(
            PluginKind.FILTER,
            "topology-affinity-filter",
            (parameters, _) -> new Near(LEVELS.stream()
                    .filter(level -> level.word.equals(parameters.get(LEAST)))
                    .findFirst()
                    .orElseThrow()),
            LEAST,
            Producers.TOPOLOGY);

    static final PluginType SCORER =
            PluginType.of(PluginKind.SCORER, "topology-affinity-scorer", (_, _) -> new Nearness(), Producers.TOPOLOGY);

    private TopologyAffinity() {}

    private static Level between(Endpoint one, Endpoint other) {
        Map<String, String> labels = one.spec().labels();
        Map<String, String> others = other.spec().labels();
        for (Level level : LEVELS) {
            String place = labels.get(level.label);
            if (place != null && place.equals(others.get(level.label))) {
                return level;
            }
        }
        return Level.NONE;
    }

    private record Near(Level least) implements Filter {
        @Override
        public String name() {
            return "topology-affinity-filter";
        }

        @Override
        public void filter(SchedulingContext context) {
            var peer = context.peer();
            if (peer != null) {
                Filters.keep(
                        context,
                        place -> between(context.candidate(place), peer).compareTo(least) <= 0,
                        true);
            }
        }

        @Override
        public Refusal refusal(SchedulingContext context) {
            return Refusals.filtered(name());
        }
    }

    private record Nearness() implements Scorer {
        @Override
        public String name() {
            return "topology-affinity-scorer";
        }

        @Override
        public void score(SchedulingContext context, double[] scores) {
            var peer = context.peer();
            for (int i = 0; i < context.size(); i++) {
                scores[i] = peer == null ? 0 : between(context.candidate(i), peer).score;
            }
        }
    }
}
