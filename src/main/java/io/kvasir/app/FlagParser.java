package io.kvasir.app;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads flags in every style that charts of the field render: {@code --key value}, {@code --key=value}, {@code -key=value},
 * a bare switch, a switch with a following literal {@code true} or {@code false}, values in literal quotes, empty values,
 * empty words that are nobody's value, and lists as one value or as one flag for each entry. A general parser would take {@code --secure-serving false} for a
 * switch and a stray word. Of a flag given twice the last counts.
 */
final class FlagParser {
    /**
     * What arguments say.
     *
     * @param values by key of {@link Flag}
     * @param withoutEffect one line for each flag that has nothing to act on here
     * @param unknown one line for each unknown flag
     */
    record Parsed(Map<String, String> values, List<String> withoutEffect, List<String> unknown) {}

    private final Map<String, Flag> byName = new HashMap<>();

    FlagParser() {
        for (Flag flag : Flag.values()) {
            flag.names().forEach(name -> byName.put(name, flag));
        }
    }

    /**
     * Reads arguments.
     *
     * @throws ConfigurationException for a value without a flag, a flag without its value, and an unknown flag that was meant
     *     to say where endpoints come from
     */
    Parsed parse(List<String> args) {
        var parsed = new Parsed(new HashMap<>(), new ArrayList<>(), new ArrayList<>());
        int next = 0;
        Flag before = null;
        while (next < args.size()) {
            String arg = args.get(next++);
            if (arg.isEmpty()) {
                // what a template leaves of a flag that it switches off
                continue;
            }
            if (!arg.startsWith("-") || arg.equals("-") || arg.equals("--")) {
                throw stray(arg, before);
            }
            String name = arg.substring(arg.startsWith("--") ? 2 : 1);
            String value = null;
            int equals = name.indexOf('=');
            if (equals >= 0) {
                value = name.substring(equals + 1);
                name = name.substring(0, equals);
            }
            if (value == null && next < args.size() && follows(name, args.get(next))) {
                value = args.get(next++);
            }
            before = value == null ? byName.get(name) : null;
            take(name, value == null ? null : unquoted(value), parsed);
        }
        return parsed;
    }

    /** @param before the flag before it, where it had no value */
    private static ConfigurationException stray(String arg, @Nullable Flag before) {
        if (before != null && before.isSwitch()) {
            return ConfigurationException.bad(before.key(), arg, before.form());
        }
        String shown = ConfigurationException.shown(arg);
        String file = arg.matches("(?i).*\\.(ya?ml|json)") ? "; an endpoint file is named by --endpoints " + shown : "";
        return new ConfigurationException("unexpected argument " + shown + "; flags start with --" + file);
    }

    /** Whether that argument is the value of the flag before it: a switch takes nothing but yes or no. */
    private boolean follows(String name, String argument) {
        var flag = byName.get(name);
        return flag != null && flag.isSwitch() ? Switch.isLiteral(unquoted(argument)) : !argument.startsWith("-");
    }

    private void take(String name, @Nullable String value, Parsed parsed) {
        var flag = byName.get(name);
        if (flag == null) {
            var useless = FlagWithoutEffect.named(name);
            if (useless == null) {
                String told = "unknown flag --" + ConfigurationException.plain(ConfigurationException.shown(name))
                        + "; did you mean --";
                var source = SourceFlags.meant(name);
                if (source != null) {
                    throw new ConfigurationException(
                            told + source.key() + "? Nothing is started before it is sure where endpoints come from");
                }
                parsed.unknown.add(told + nearest(name) + "?");
            } else if (useless.isMissed(value)) {
                parsed.withoutEffect.add("--" + name + " has no effect: " + useless.reason());
            }
        } else if (value != null) {
            parsed.values.merge(flag.key(), value, (before, last) -> flag.isList() ? before + "," + last : last);
        } else if (flag.isSwitch()) {
            parsed.values.put(flag.key(), "true");
        } else {
            throw new ConfigurationException("--" + name + ": no value; allowed: " + flag.form());
        }
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
