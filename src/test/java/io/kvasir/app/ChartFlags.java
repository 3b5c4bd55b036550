package io.kvasir.app;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What {@code kvasir serve} makes of the arguments that a manifest gives it, for tests of other packages. */
public final class ChartFlags {
    private final FlagParser.Parsed parsed;
    private final ServeSettings settings;

    private ChartFlags(FlagParser.Parsed parsed, ServeSettings settings) {
        this.parsed = parsed;
        this.settings = settings;
    }

    /**
     * Reads a container's arguments as the program does.
     *
     * @throws ConfigurationException where the program would not start
     */
    public static ChartFlags of(List<String> args, Map<String, String> environment) {
        if (!args.getFirst().equals("serve")) {
            throw new ConfigurationException("not serve: " + args);
        }
        var flags = args.subList(1, args.size());
        return new ChartFlags(new FlagParser().parse(flags), ServeSettings.of(flags, environment));
    }

    /** One line for each flag that is unknown or has nothing to act on. */
    public List<String> useless() {
        return Stream.concat(parsed.unknown().stream(), parsed.withoutEffect().stream())
                .toList();
    }

    /** A flag's value as it was given; null if it was not. */
    public @Nullable String given(String flag) {
        return parsed.values().get(flag);
    }

    public Duration drainTimeout() {
        return settings.doors().drainTimeout();
    }
}
