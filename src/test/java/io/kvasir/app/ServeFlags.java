package io.kvasir.app;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Settings of {@code serve} for tests of flags that have nothing to do with where endpoints come from. */
final class ServeFlags {
    private static final List<String> SOURCES = List.of("--endpoints", "--pool-name", "--endpoint-selector");

    private ServeFlags() {}

    /** As the flags say, over the demo pool where they name no other. */
    static ServeSettings of(Map<String, String> environment, String... flags) {
        boolean named = Stream.of(flags).anyMatch(flag -> SOURCES.stream().anyMatch(flag::startsWith));
        return ServeSettings.of(
                Stream.concat(Stream.of(named ? "serve" : "demo"), Stream.of(flags))
                        .toList(),
                environment);
    }

    /** The same, with no variable set. */
    static ServeSettings of(String... flags) {
        return of(Map.of(), flags);
    }
}
