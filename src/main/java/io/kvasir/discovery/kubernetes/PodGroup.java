package io.kvasir.discovery.kubernetes;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One replica over several pods, as LeaderWorkerSet labels them: a leader, which serves, and workers. It serves only while
 * all of its pods are ready: engines that span nodes stop as a whole when one goes.
 */
final class PodGroup {
    /** Label of every pod of a set. */
    static final String SET = "leaderworkerset.sigs.k8s.io/name";

    /** Annotation: pods of a group, the leader included. */
    static final String SIZE = "leaderworkerset.sigs.k8s.io/size";

    /** Annotation: the node label whose value all pods of a group share. */
    static final String EXCLUSIVE_TOPOLOGY = "leaderworkerset.sigs.k8s.io/exclusive-topology";

    private static final String GROUP_INDEX = "leaderworkerset.sigs.k8s.io/group-index";
    private static final String WORKER_INDEX = "leaderworkerset.sigs.k8s.io/worker-index";

    /** Which group. */
    record Key(String set, String index) {}

    private final Map<Integer, PodFacts> members = new TreeMap<>();
    private final Set<String> selected = new HashSet<>();
    private int size;

    /** The group of a pod; null for one on its own. */
    static @Nullable Key keyOf(PodFacts pod) {
        String set = pod.labels().get(SET);
        String group = pod.labels().get(GROUP_INDEX);
        return set == null || group == null || workerIndex(pod) < 0 ? null : new Key(set, group);
    }

    /** Place of a pod in its group, 0 for the leader; -1 where that is not told. */
    static int workerIndex(PodFacts pod) {
        return number(pod.labels().get(WORKER_INDEX));
    }

    private static int number(@Nullable String text) {
        try {
            return text == null ? -1 : Integer.parseInt(text);
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    /**
     * Groups that a selected pod is in; pods that are asked to go are in none.
     *
     * @param selected pods of the pool
     * @param others pods of sets, selected or not
     */
    static Map<Key, PodGroup> of(Collection<PodFacts> selected, Collection<PodFacts> others) {
        var groups = new HashMap<Key, PodGroup>();
        for (var pod : selected) {
            var key = keyOf(pod);
            if (key != null && !pod.terminating()) {
                var group = groups.computeIfAbsent(key, _ -> new PodGroup());
                group.add(pod);
                group.selected.add(pod.name());
            }
        }
        if (!groups.isEmpty()) {
            for (var pod : others) {
                var key = keyOf(pod);
                var group = key == null || pod.terminating() ? null : groups.get(key);
                if (group != null && !group.selected.contains(pod.name())) {
                    group.add(pod);
                }
            }
        }
        return groups;
    }

    private void add(PodFacts pod) {
        members.put(workerIndex(pod), pod);
        size = Math.max(size, Math.max(number(pod.annotations().get(SIZE)), workerIndex(pod) + 1));
    }

    /** Whether the pool's selector matches a member. */
    boolean selected(PodFacts member) {
        return selected.contains(member.name());
    }

    Collection<PodFacts> members() {
        return members.values();
    }

    /** Whether all pods are there and ready. */
    boolean complete() {
        return members.size() == size && members.values().stream().allMatch(PodFacts::ready);
    }
}
