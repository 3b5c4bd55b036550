package io.kvasir.sim;

import io.kvasir.sim.engine.HardwareProfile;
import io.kvasir.sim.engine.HardwareProfiles;
import io.kvasir.sim.http.EngineDialect;
import java.util.ArrayList;
import java.util.List;

/** Reads pool specifications such as {@code h200=2,mi350x:sglang=2,mig-1g=1,cpu=1}. */
final class PoolSpec {
    private static final int MOST = 10_000;

    /** One engine of the pool. */
    record Entry(HardwareProfile device, EngineDialect dialect) {}

    private PoolSpec() {}

    /**
     * The engines in order.
     *
     * @param dialect of those that name none
     * @throws IllegalArgumentException naming what is wrong and what is allowed
     */
    static List<Entry> parse(String spec, EngineDialect dialect, HardwareProfiles profiles) {
        var engines = new ArrayList<Entry>();
        for (var part : spec.split(",", -1)) {
            int equals = part.indexOf('=');
            var named = (equals < 0 ? part : part.substring(0, equals)).strip();
            int colon = named.indexOf(':');
            var name = colon < 0 ? named : named.substring(0, colon);
            var spoken = colon < 0 ? dialect : EngineDialect.of(named.substring(colon + 1));
            var device = profiles.devices().get(name);
            if (device == null) {
                throw new IllegalArgumentException("pool: unknown device '" + name + "'; allowed: "
                        + String.join(", ", profiles.devices().keySet()));
            }
            int count = equals < 0 ? 1 : count(part.substring(equals + 1).strip(), name);
            for (int i = 0; i < count; i++) {
                engines.add(new Entry(device, spoken));
            }
        }
        if (engines.isEmpty() || engines.size() > MOST) {
            throw new IllegalArgumentException("pool: " + engines.size() + " engines; allowed: 1 to " + MOST);
        }
        return engines;
    }

    private static int count(String text, String name) {
        try {
            int count = Integer.parseInt(text);
            if (count >= 0 && count <= MOST) {
                return count;
            }
        } catch (NumberFormatException e) {
            // reported below with the values that are allowed
        }
        throw new IllegalArgumentException("pool: '" + text + "' engines of " + name + "; allowed: 0 to " + MOST);
    }
}
