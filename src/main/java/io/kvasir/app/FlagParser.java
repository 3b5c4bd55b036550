package io.kvasir.app;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads flags in every style that charts of the field render: {@code --key value}, {@code --key=value}, {@code -key=value},
 * a bare switch, a switch with a following literal {@code true} or {@code false}, and values in literal quotes. A
 * general parser would take {@code --secure-serving false} for a switch and a stray word.
 */
final class FlagParser {
    /** Flags of other endpoint pickers that are accepted and have nothing to act on here. */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "v",
            "zap-encoder",
            "zap-log-level",
            "zap-devel",
            "zap-stacktrace-level",
            "zap-time-encoding",
            "tracing",
            "enable-pprof",
            "health-checking",
            "enable-grpc-stream-metrics",
            "refresh-prometheus-metrics-interval");

    /**
     * @param values by key of {@link Flag}
     * @param warnings one line for each flag that is unknown or has no effect
     * @param unknown unknown flags
     */
    record Parsed(Map<String, String> values, List<String> warnings, List<String> unknown) {}

    private final Map<String, Flag> byName = new HashMap<>();

    FlagParser() {
        for (Flag flag : Flag.values()) {
            flag.names().forEach(name -> byName.put(name, flag));
        }
    }

    /** @throws ConfigurationException for a value without a flag and a flag without its value */
    Parsed parse(List<String> args) {
        var values = new HashMap<String, String>();
        var warnings = new ArrayList<String>();
        var unknown = new ArrayList<String>();
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (!arg.startsWith("-") || arg.equals("-") || arg.equals("--")) {
                throw new ConfigurationException("unexpected argument " + arg + "; flags start with --");
            }
            String name = arg.substring(arg.startsWith("--") ? 2 : 1);
            String value = null;
            int equals = name.indexOf('=');
            if (equals >= 0) {
                value = name.substring(equals + 1);
                name = name.substring(0, equals);
            }
            Flag flag = byName.get(name);
            boolean valueFollows = i + 1 < args.size() && !args.get(i + 1).startsWith("-");
            if (flag == null) {
                if (value == null && valueFollows) {
                    i++;
                }
                if (WITHOUT_EFFECT.contains(name)) {
                    warnings.add("--" + name + " has no effect here");
                } else {
                    unknown.add(name);
                    warnings.add("unknown flag --" + name + "; did you mean --" + nearest(name) + "?");
                }
                continue;
            }
            if (value == null && flag.isSwitch()) {
                boolean literal = valueFollows && Set.of("true", "false").contains(args.get(i + 1));
                value = literal ? args.get(++i) : "true";
            } else if (value == null) {
                if (!valueFollows) {
                    throw new ConfigurationException("--" + name + ": no value; allowed: " + flag.form());
                }
                value = args.get(++i);
            }
            values.put(flag.key(), unquoted(value));
        }
        return new Parsed(values, warnings, unknown);
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    private String nearest(String name) {
        return byName.keySet().stream()
                .sorted()
                .min((a, b) -> Integer.compare(distance(name, a), distance(name, b)))
                .orElseThrow();
    }

    /** Pairs of neighbouring letters that one name has and the other has not. */
    private static int distance(String one, String other) {
        var pairs = pairs(one);
        var others = pairs(other);
        var both = new HashSet<>(pairs);
        both.retainAll(others);
        return pairs.size() + others.size() - 2 * both.size();
    }

    private static Set<String> pairs(String word) {
        var pairs = new HashSet<String>();
        for (int i = 0; i + 2 <= word.length(); i++) {
            pairs.add(word.substring(i, i + 2));
        }
        return pairs;
    }
}
