package io.kvasir.app;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Environment variables that set flags. In a cluster not all that begin with our name are ours: of a Service {@code
 * kvasir-http} every container gets {@code KVASIR_HTTP_SERVICE_HOST} and {@code KVASIR_HTTP_PORT=tcp://10.0.0.1:8080}.
 */
final class Variables {
    private static final Pattern OF_A_SERVICE = Pattern.compile(
            "KVASIR_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");
    private static final Pattern LINK = Pattern.compile("(tcp|udp|sctp)://.*");

    /** Read by the script that starts the program. */
    private static final String JVM_OPTIONS = "KVASIR_JAVA_OPTS";

    private Variables() {}

    /** The value that the environment gives a flag; null where it gives none. */
    static @Nullable String of(Flag flag, Map<String, String> environment) {
        return flag.names()
                .map(Flag::variable)
                .filter(environment::containsKey)
                .map(environment::get)
                .filter(value -> !LINK.matcher(value).matches())
                .findFirst()
                .orElse(null);
    }

    /**
     * One line for each variable that begins as ours do and sets nothing.
     *
     * @throws ConfigurationException for one that was meant to say where endpoints come from
     */
    static List<String> unknown(Map<String, String> environment) {
        var known = Arrays.stream(Flag.values())
                .flatMap(Flag::names)
                .map(Flag::variable)
                .toList();
        var lines = new ArrayList<String>();
        new TreeMap<>(environment).forEach((name, value) -> {
            boolean ours = name.startsWith(Flag.VARIABLES) && !name.equals(JVM_OPTIONS) && !known.contains(name);
            if (ours
                    && !OF_A_SERVICE.matcher(name).matches()
                    && !LINK.matcher(value).matches()) {
                unknown(name, lines);
            }
        });
        return lines;
    }

    private static void unknown(String name, List<String> lines) {
        String flag =
                name.substring(Flag.VARIABLES.length()).toLowerCase(Locale.ROOT).replace('_', '-');
        if (FlagWithoutEffect.named(flag) != null) {
            return;
        }
        String told = "unknown variable " + ConfigurationException.plain(ConfigurationException.shown(name));
        var source = SourceFlags.meant(flag);
        if (source != null) {
            throw new ConfigurationException(told + "; did you mean " + source.variable()
                    + "? Nothing is started before it is sure where endpoints come from");
        }
        lines.add(told + "; it sets nothing");
    }
}
