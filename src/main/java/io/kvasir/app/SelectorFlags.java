package io.kvasir.app;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Kubernetes names, label selectors and ports as flags have them. */
final class SelectorFlags {
    private static final int MOST_PORTS = 8;
    private static final String LABEL_TEXT = "[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";
    private static final String DNS_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
    private static final String DNS_NAME = DNS_LABEL + "(?:\\." + DNS_LABEL + ")*";
    private static final Pattern REQUIREMENT =
            Pattern.compile("((?:" + DNS_NAME + "/)?" + LABEL_TEXT + ")\\s*==?\\s*((?:" + LABEL_TEXT + ")?)");

    /** Of an object. */
    static final Pattern NAME = Pattern.compile("(?=.{1,253}$)" + DNS_NAME);

    private static final Pattern NAMESPACE = Pattern.compile(DNS_LABEL);

    private SelectorFlags() {}

    /** The namespace given; else that of the variable that charts set; else {@code default}. */
    static String namespace(FlagValues values) {
        if (values.given(Flag.POOL_NAMESPACE)) {
            return values.matching(Flag.POOL_NAMESPACE, NAMESPACE, "the name of a namespace");
        }
        String variable = values.variable("NAMESPACE", "");
        return variable.isEmpty() ? "default" : variable;
    }

    /** Labels and what they must be. */
    static Map<String, String> labels(FlagValues values) {
        var labels = new TreeMap<String, String>();
        String selector = values.text(Flag.ENDPOINT_SELECTOR);
        for (String requirement : selector.split(",", -1)) {
            Matcher matcher = REQUIREMENT.matcher(requirement.strip());
            if (!matcher.matches() || labels.put(matcher.group(1), matcher.group(2)) != null) {
                throw ConfigurationException.bad(
                        Flag.ENDPOINT_SELECTOR.key(), selector, "LABEL=VALUE,LABEL=VALUE, each label once");
            }
        }
        return Map.copyOf(labels);
    }

    /** Ports, each once; empty where none are given. */
    static List<Integer> targetPorts(FlagValues values) {
        String text = values.text(Flag.ENDPOINT_TARGET_PORTS);
        if (text.isEmpty()) {
            return List.of();
        }
        try {
            var ports = List.of(text.split(",", -1)).stream()
                    .map(port -> Integer.parseInt(port.strip()))
                    .distinct()
                    .toList();
            if (ports.size() <= MOST_PORTS && ports.stream().allMatch(port -> port >= 1 && port <= 65_535)) {
                return ports;
            }
        } catch (NumberFormatException _) {
            // told below
        }
        throw ConfigurationException.bad(Flag.ENDPOINT_TARGET_PORTS.key(), text, "1 to 8 ports from 1 to 65535");
    }
}
