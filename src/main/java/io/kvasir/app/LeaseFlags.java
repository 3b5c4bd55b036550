package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.leader.LeaseSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The Lease that replicas of one pool compete for. Its name differs from what other pickers use ({@code
 * epp-<namespace>-<pool>.llm-d.ai}), so that two kinds can stand beside each other.
 */
final class LeaseFlags {
    private static final int LONGEST_NAME = 253;
    private static final int HASH_LETTERS = 8;

    private LeaseFlags() {}

    /**
     * Reads the flag that asks for leader election.
     *
     * @return null where it is off
     * @throws ConfigurationException where it is on and endpoints are not of a cluster
     */
    static @Nullable LeaseSettings read(FlagValues values, PoolSource source) {
        if (!values.on(Flag.HA_ENABLE_LEADER_ELECTION)) {
            return null;
        }
        return switch (source) {
            case PoolSource.Named pool -> lease(pool.namespace(), pool.name(), values);
            case PoolSource.Selected pods -> lease(pods.namespace(), "selector-" + hash(selection(pods)), values);
            default ->
                throw new ConfigurationException(Flag.HA_ENABLE_LEADER_ELECTION.key()
                        + ": true without a cluster; allowed with pool-name or endpoint-selector");
        };
    }

    /** The same for all replicas, which have the same flags. */
    private static String selection(PoolSource.Selected pods) {
        return "{" + pods.selector().replace(",", ", ") + "} " + pods.targetPorts();
    }

    private static LeaseSettings lease(String namespace, String pool, FlagValues values) {
        String name = "kvasir-" + namespace + "-" + pool;
        String fitting = name.length() <= LONGEST_NAME
                ? name
                : name.substring(0, LONGEST_NAME - HASH_LETTERS - 1) + "x" + hash(name);
        return LeaseSettings.of(namespace, fitting, identity(values));
    }

    /** Eight letters of a hash. */
    private static String hash(String text) {
        return UUID.nameUUIDFromBytes(text.getBytes(UTF_8)).toString().substring(0, HASH_LETTERS);
    }

    /** Pods' names are unique, and a container that starts again in its pod goes on with the pod's Lease. */
    private static String identity(FlagValues values) {
        String pod = values.variable("POD_NAME", "");
        if (!pod.isEmpty()) {
            return pod;
        }
        try {
            return InetAddress.getLocalHost().getHostName() + "_"
                    + ProcessHandle.current().pid();
        } catch (UnknownHostException _) {
            return UUID.randomUUID().toString();
        }
    }
}
