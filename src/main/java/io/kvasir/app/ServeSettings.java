package io.kvasir.app;

import io.kvasir.config.PickerConfig;
import io.kvasir.extproc.ExtProcSettings;
import io.kvasir.leader.LeaseSettings;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code serve} was told, checked, by what it concerns. A new flag is an entry of {@link Flag} and a component of one
 * of these records.
 *
 * @param mode which doors are open
 * @param source where endpoints come from
 * @param routing how requests are routed
 * @param traffic whose requests are, and how they wait
 * @param doors what all doors share, and the HTTP proxy
 * @param picker the ext-proc door
 * @param engines how engines are read
 * @param management the management port
 * @param lease what replicas compete for, of which only the leader is ready; null where all are
 * @param log how log lines look
 * @param tracing whether requests are traced
 * @param warnings lines to log once the program runs
 * @param unknownFlags how many flags and variables were not known
 */
record ServeSettings(
        Mode mode,
        PoolSource source,
        RoutingSettings routing,
        TrafficSettings traffic,
        DoorSettings doors,
        ExtProcSettings picker,
        EngineSettings engines,
        ManagementSettings management,
        @Nullable LeaseSettings lease,
        LogSettings log,
        TracingSettings tracing,
        List<String> warnings,
        int unknownFlags) {

    /** The subcommand that routes. */
    static final String SERVE = "serve";

    /** The subcommand that routes over the embedded demo pool. */
    static final String DEMO = "demo";

    /**
     * Reads arguments. Without any, and with {@code demo} as the first, the embedded demo pool serves; in a cluster it is
     * started by its name only.
     *
     * @param arguments of the program: {@code serve} or {@code demo}, which may be left out, and flags
     * @param environment the process' variables
     * @throws ConfigurationException in one line, for the first thing that is wrong
     */
    static ServeSettings of(List<String> arguments, Map<String, String> environment) {
        boolean named = !arguments.isEmpty() && List.of(SERVE, DEMO).contains(arguments.getFirst());
        var parsed = new FlagParser().parse(named ? arguments.subList(1, arguments.size()) : arguments);
        var values = new FlagValues(parsed.values(), environment);
        var unknown = Stream.concat(parsed.unknown().stream(), Variables.unknown(environment).stream())
                .toList();
        if (values.on(Flag.STRICT_FLAGS) && !unknown.isEmpty()) {
            throw new ConfigurationException(unknown.getFirst());
        }
        var mode = Mode.told(values);
        var routing = RoutingSettings.of(values);
        var traffic = TrafficSettings.of(values);
        var doors = DoorSettings.of(values);
        var picker = PickerFlags.read(values);
        var config = routing.config() == null
                ? PickerConfig.NONE
                : routing.config().check(values, picker.streams().conformance());
        if (config.scheduling() != null && !routing.decides(config).equals(RoutingSettings.CONFIG)) {
            values.warn("endpoints are chosen by policy " + routing.policy().key()
                    + (routing.chosen()
                            ? ", as --policy says, and not by the configuration"
                            : ": the configuration is the one that the platform writes for everybody"));
        }
        var engines = EngineSettings.of(values, config.engines());
        var log = LogSettings.of(values);
        var tracing = TracingSettings.of(values);
        var source = source(arguments, values, unknown);
        var management = ManagementSettings.of(values, source);
        return new ServeSettings(
                mode == null ? Mode.standard(source) : mode,
                source,
                routing,
                traffic,
                doors,
                picker,
                engines,
                management,
                LeaseFlags.read(values, source),
                log,
                tracing,
                Stream.of(unknown, parsed.withoutEffect(), values.warnings())
                        .flatMap(List::stream)
                        .toList(),
                unknown.size());
    }

    private static PoolSource source(List<String> arguments, FlagValues values, List<String> unknown) {
        boolean demo = !arguments.isEmpty() && arguments.getFirst().equals(DEMO);
        PoolSource source;
        try {
            source = PoolSource.of(values, demo || (arguments.isEmpty() && !values.inCluster()));
        } catch (ConfigurationException e) {
            throw unknown.isEmpty() ? e : new ConfigurationException(e.getMessage() + " (" + unknown.getFirst() + ")");
        }
        if (demo && !(source instanceof PoolSource.Demo)) {
            throw new ConfigurationException("demo: has endpoints of its own; name others with serve");
        }
        return source;
    }
}
