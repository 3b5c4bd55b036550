package io.kvasir.app;

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
 * @param doors what all doors share, and the HTTP proxy
 * @param picker the ext-proc door
 * @param engines how engines are read
 * @param management the management port
 * @param lease what replicas compete for, of which only the leader is ready; null where all are
 * @param log how log lines look
 * @param warnings lines to log once the program runs
 * @param unknownFlags how many flags were not known
 */
record ServeSettings(
        Mode mode,
        PoolSource source,
        RoutingSettings routing,
        DoorSettings doors,
        ExtProcSettings picker,
        EngineSettings engines,
        ManagementSettings management,
        @Nullable LeaseSettings lease,
        LogSettings log,
        List<String> warnings,
        int unknownFlags) {

    /**
     * Reads arguments.
     *
     * @param args arguments after the subcommand
     * @param environment the process' variables
     * @throws ConfigurationException in one line, for the first thing that is wrong
     */
    static ServeSettings of(List<String> args, Map<String, String> environment) {
        var parsed = new FlagParser().parse(args);
        var values = new FlagValues(parsed.values(), environment);
        if (values.on(Flag.STRICT_FLAGS) && !parsed.unknown().isEmpty()) {
            throw new ConfigurationException(parsed.unknown().getFirst());
        }
        var source = PoolSource.of(values);
        return new ServeSettings(
                Mode.of(values, source),
                source,
                RoutingSettings.of(values),
                DoorSettings.of(values),
                PickerFlags.read(values),
                EngineSettings.of(values),
                ManagementSettings.of(values),
                LeaseFlags.read(values, source),
                LogSettings.of(values),
                Stream.of(parsed.unknown(), parsed.withoutEffect(), values.warnings())
                        .flatMap(List::stream)
                        .toList(),
                parsed.unknown().size());
    }
}
