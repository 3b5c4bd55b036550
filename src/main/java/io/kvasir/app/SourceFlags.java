package io.kvasir.app;

import io.kvasir.failure.NearMiss;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The flags that say where endpoints come from: what is almost one of them is never passed over. */
final class SourceFlags {
    private static final List<Flag> ALL = List.of(
            Flag.ENDPOINTS,
            Flag.POOL_NAME,
            Flag.POOL_NAMESPACE,
            Flag.POOL_GROUP,
            Flag.ENDPOINT_SELECTOR,
            Flag.ENDPOINT_TARGET_PORTS);

    /** What people call them too. */
    private static final Map<String, Flag> OTHER_NAMES = Map.of(
            "endpoints-file", Flag.ENDPOINTS,
            "endpoints-path", Flag.ENDPOINTS,
            "pool", Flag.POOL_NAME,
            "inference-pool", Flag.POOL_NAME,
            "inference-pool-name", Flag.POOL_NAME,
            "selector", Flag.ENDPOINT_SELECTOR,
            "pod-selector", Flag.ENDPOINT_SELECTOR,
            "target-ports", Flag.ENDPOINT_TARGET_PORTS,
            "namespace", Flag.POOL_NAMESPACE);

    private SourceFlags() {}

    /** The one that an unknown name was meant to be; null where another flag or none is as near. */
    static @Nullable Flag meant(String name) {
        var names = Stream.of(
                        Arrays.stream(Flag.values()).flatMap(Flag::names),
                        Arrays.stream(FlagWithoutEffect.values()).map(FlagWithoutEffect::key),
                        OTHER_NAMES.keySet().stream().sorted())
                .flatMap(known -> known)
                .toList();
        String near = NearMiss.of(name, names);
        return near == null
                ? null
                : ALL.stream()
                        .filter(flag -> flag.key().equals(near))
                        .findFirst()
                        .orElse(OTHER_NAMES.get(near));
    }
}
