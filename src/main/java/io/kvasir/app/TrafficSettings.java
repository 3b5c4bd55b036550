package io.kvasir.app;

import io.kvasir.traffic.Objective;
import io.kvasir.traffic.Objectives;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whose requests are, how much they matter, and whether they wait.
 *
 * @param flowControl whether they do; null where the configuration's gate may say
 * @param flowControlFile how; null for no file
 * @param objectives by name, beside those of a cluster
 * @param sessionHeaders that name conversations, in lower case
 */
record TrafficSettings(
        @Nullable Boolean flowControl,
        @Nullable Path flowControlFile,
        Objectives objectives,
        List<String> sessionHeaders) {

    private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}");

    static TrafficSettings of(FlagValues values) {
        Boolean gate = PickerConfigFlags.queueing(values);
        return new TrafficSettings(
                values.text(Flag.FLOW_CONTROL).equals("auto") ? gate : (Boolean) values.on(Flag.FLOW_CONTROL),
                values.path(Flag.FLOW_CONTROL_FILE),
                objectives(values),
                headers(values));
    }

    private static List<String> entries(FlagValues values, Flag flag) {
        String text = values.text(flag).strip();
        return text.isEmpty() ? List.of() : List.of(text.split("\\s*,\\s*", -1));
    }

    private static Objectives objectives(FlagValues values) {
        Map<String, Objective> objectives = new HashMap<>();
        for (String entry : entries(values, Flag.OBJECTIVES)) {
            int equals = entry.lastIndexOf('=');
            var said = equals > 0 ? objective(entry.substring(equals + 1)) : null;
            if (said == null) {
                throw ConfigurationException.bad(
                        Flag.OBJECTIVES.key(),
                        entry,
                        "NAME=PRIORITY with a whole number, or NAME=PRIORITY/TTFT/TPOT with ms up to a day or nothing,"
                                + " separated by commas");
            }
            objectives.put(entry.substring(0, equals), said);
        }
        return Objectives.named(objectives);
    }

    private static @Nullable Objective objective(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length != 1 && parts.length != 3) {
            return null;
        }
        try {
            int priority = Integer.parseInt(parts[0]);
            if (parts.length == 1) {
                return Objective.of(priority);
            }
            double ttft = Objective.seconds(parts[1]);
            double tpot = Objective.seconds(parts[2]);
            boolean right = (parts[1].isEmpty() || ttft > 0) && (parts[2].isEmpty() || tpot > 0);
            return right ? new Objective(priority, ttft, tpot) : null;
        } catch (NumberFormatException _) {
            return null;
        }
    }

    private static List<String> headers(FlagValues values) {
        var names = entries(values, Flag.SESSION_HEADERS);
        for (String name : names) {
            if (!HEADER.matcher(name).matches()) {
                throw ConfigurationException.bad(
                        Flag.SESSION_HEADERS.key(), name, "names of headers, separated by commas");
            }
        }
        return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    }
}
