package io.kvasir.extproc;

import com.google.protobuf.Value;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.pool.PoolSnapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that a proxy allows for one request. {@code ip:port} means that port only, as the protocol has it, although
 * other pickers compare addresses alone: a hint that names one data-parallel rank must not let in the others. A bare
 * {@code ip} means all its ports.
 */
final class Subset {
    private Subset() {}

    /** Whether there is a hint that names nobody because it is no list and no text; it counts as absent. */
    static boolean unreadable(Metadata metadata, StreamSettings settings) {
        var value = value(metadata, settings);
        return value != null && !value.hasListValue() && !value.hasStringValue();
    }

    private static @Nullable Value value(Metadata metadata, StreamSettings settings) {
        var namespace = Served.filterMetadata(metadata, settings.subsetNamespace());
        return namespace == null ? null : namespace.getFieldsMap().get(settings.subsetKey());
    }

    /**
     * The hint of a message.
     *
     * @return null where there is none, also where it is of a kind that cannot name endpoints; empty where it names nobody
     */
    static @Nullable List<String> read(Metadata metadata, StreamSettings settings) {
        var value = value(metadata, settings);
        if (value == null) {
            return null;
        }
        return switch (value.getKindCase()) {
            case LIST_VALUE -> {
                var entries = new ArrayList<String>();
                for (Value entry : value.getListValue().getValuesList()) {
                    split(entry.getStringValue(), entries);
                }
                yield entries;
            }
            case STRING_VALUE -> {
                var entries = new ArrayList<String>();
                split(value.getStringValue(), entries);
                yield entries;
            }
            default -> null;
        };
    }

    /** A comma list taken apart, blanks left out. */
    static List<String> split(String list) {
        var entries = new ArrayList<String>();
        split(list, entries);
        return entries;
    }

    private static void split(String list, List<String> entries) {
        for (String entry : list.split(",", -1)) {
            String trimmed = entry.strip();
            if (!trimmed.isEmpty()) {
                entries.add(trimmed);
            }
        }
    }

    /** The same as {@code ip:port} only; what a bare address stands for comes from the pool. Keeps the order. */
    static List<String> hostPorts(List<String> entries, PoolSnapshot pool) {
        var hostPorts = new ArrayList<String>(entries.size());
        for (String entry : entries) {
            if (hasPort(entry)) {
                hostPorts.add(entry);
                continue;
            }
            String address = entry.startsWith("[") ? entry.substring(1, Math.max(1, entry.length() - 1)) : entry;
            for (int i = 0; i < pool.size(); i++) {
                if (pool.at(i).spec().address().equals(address)) {
                    hostPorts.add(pool.at(i).hostPort());
                }
            }
        }
        return hostPorts;
    }

    private static boolean hasPort(String entry) {
        int colon = entry.lastIndexOf(':');
        if (entry.startsWith("[")) {
            return colon > entry.indexOf(']');
        }
        // more than one colon without brackets is an IPv6 address
        return colon > 0 && colon == entry.indexOf(':');
    }
}
