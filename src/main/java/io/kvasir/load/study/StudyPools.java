package io.kvasir.load.study;

import io.kvasir.load.replay.ReplayPool;
import io.kvasir.load.replay.ReplayReplica;
import io.kvasir.sim.engine.HardwareProfiles;
import io.kvasir.sim.engine.ModelProfile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Pools of studies: some by name, and all that can be written as {@code h200=4,h100/2=2}, where {@code /2} makes replicas that
 * share a device in time, two on each.
 */
final class StudyPools {
    private static final int MOST = 10_000;

    /**
     * Qwen2.5-7B-Instruct by its published configuration, in fp8: 28 layers, 28 heads of which 4 hold keys and values, 128
     * wide.
     */
    private static final ModelProfile QWEN_7B =
            new ModelProfile("qwen2.5-7b-fp8", 7.62e9, 7.62e9, 2 * 28 * 4 * 128 * 2, 28, 3_584, 131_072);

    private static final String QWEN_NAME = "Qwen/Qwen2.5-7B-Instruct";

    private static final Map<String, String> NAMED = new LinkedHashMap<>();

    static {
        NAMED.put("mixed", "h200=4,mi350x=4,h100=4,mig-1g=2,cpu=2");
        // KServe's sample of two vendors: three and two replicas of one 7B model
        NAMED.put("two-vendors-7b", "h100=3,mi300x=2");
        NAMED.put("one-vendor", "h100=8");
        NAMED.put("two-generations", "h100=4,b200=4");
        NAMED.put("time-sliced", "h100=3,h100/2=2");
    }

    private StudyPools() {}

    /** Names, in the order in which reports have them. */
    static List<String> names() {
        return List.copyOf(NAMED.keySet());
    }

    /**
     * The pool of that name or specification.
     *
     * @throws IllegalArgumentException naming what is wrong and what is allowed
     */
    static ReplayPool of(String text) {
        var profiles = HardwareProfiles.load();
        var replicas = replicas(NAMED.getOrDefault(text, text), profiles);
        boolean seven = text.endsWith("-7b") && NAMED.containsKey(text);
        var model = seven ? QWEN_7B : profiles.model();
        return new ReplayPool(text, replicas, model, seven ? QWEN_NAME : model.name(), 1, List.of());
    }

    private static List<ReplayReplica> replicas(String spec, HardwareProfiles profiles) {
        var replicas = new ArrayList<ReplayReplica>();
        var numbers = new LinkedHashMap<String, Integer>();
        for (var part : spec.split(",", -1)) {
            var words = part.strip().split("=", -1);
            var device = words[0].split("/", -1);
            if (words.length != 2
                    || device.length > 2
                    || !profiles.devices().containsKey(device[0])
                    || !words[1].matches("\\d{1,5}")
                    || (device.length == 2 && !device[1].matches("[2-9]|1\\d"))) {
                throw new IllegalArgumentException("pool: bad value \"" + part.strip()
                        + "\"; allowed: " + String.join(", ", NAMED.keySet())
                        + ", or DEVICE=COUNT (DEVICE/2=COUNT where two share one), with commas between, of "
                        + String.join(", ", profiles.devices().keySet()));
            }
            int sharing = device.length == 2 ? Integer.parseInt(device[1]) : 1;
            for (int i = 0; i < Integer.parseInt(words[1]); i++) {
                int number = numbers.merge(device[0], 1, Integer::sum) - 1;
                var replica = ReplayReplica.of(device[0] + "-" + number, device[0]);
                replicas.add(sharing == 1 ? replica : replica.shared(sharing));
            }
        }
        if (replicas.isEmpty() || replicas.size() > MOST) {
            throw new IllegalArgumentException("pool: " + replicas.size() + " replicas; allowed: 1 to " + MOST);
        }
        return replicas;
    }
}
