package io.kvasir.app;

import java.util.HashSet;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Kubernetes names, label selectors and ports as flags have them. */
final class SelectorFlags {
    private static final int MOST_PORTS = 8;
    private static final String LABEL_TEXT = "[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";
    private static final String DNS_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
    private static final String DNS_NAME = DNS_LABEL + "(?:\\." + DNS_LABEL + ")*";
    private static final String KEY = "(?<key>(?:" + DNS_NAME + "/)?" + LABEL_TEXT + ")";
    private static final String VALUE = "(?:" + LABEL_TEXT + ")?";

    /** One requirement, and the comma behind it. */
    private static final Pattern REQUIREMENT =
            Pattern.compile("\\s*(?:" + KEY + "\\s*(?:(?<compare>==?|!=)\\s*(?<value>" + VALUE
                    + ")|\\s(?<set>in|notin)\\s*\\((?<values>[^()]*)\\))?|!\\s*" + KEY.replace("<key>", "<none>")
                    + ")\\s*(?:,(?=.)|$)");

    private static final Pattern LISTED = Pattern.compile("\\s*(" + VALUE + ")\\s*");

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

    /**
     * What labels must be, as the API takes it: requirements in the order of their labels, each written in one way. Leases are
     * named after it, so that what it makes of a selector stays as it is.
     */
    static String selector(FlagValues values) {
        String selector = values.text(Flag.ENDPOINT_SELECTOR);
        var requirements = new TreeMap<String, TreeSet<String>>();
        var equal = new HashSet<String>();
        Matcher matcher = REQUIREMENT.matcher(selector);
        int end = 0;
        while (end < selector.length() && matcher.find(end) && matcher.start() == end) {
            String requirement = requirement(matcher);
            boolean again = "=".equals(comparison(matcher)) && !equal.add(matcher.group("key"));
            if (requirement == null || again) {
                break;
            }
            String label = matcher.group("none") == null ? matcher.group("key") : matcher.group("none");
            requirements.computeIfAbsent(label, _ -> new TreeSet<>()).add(requirement);
            end = matcher.end();
        }
        if (end < selector.length() || requirements.isEmpty()) {
            throw ConfigurationException.bad(
                    Flag.ENDPOINT_SELECTOR.key(),
                    selector,
                    "LABEL=VALUE, LABEL!=VALUE, LABEL in (VALUE,VALUE), LABEL notin (VALUE,VALUE), LABEL and !LABEL,"
                            + " separated by commas, each label equal to one value");
        }
        return requirements.values().stream().flatMap(TreeSet::stream).collect(Collectors.joining(","));
    }

    private static @Nullable String comparison(Matcher matcher) {
        String written = matcher.group("compare");
        return written == null || written.equals("!=") ? written : "=";
    }

    private static @Nullable String requirement(Matcher matcher) {
        if (matcher.group("none") != null) {
            return "!" + matcher.group("none");
        }
        String key = matcher.group("key");
        String comparison = comparison(matcher);
        if (comparison != null) {
            return key + comparison + matcher.group("value");
        }
        if (matcher.group("set") == null) {
            return key;
        }
        var listed = new TreeSet<String>();
        for (String value : matcher.group("values").split(",", -1)) {
            Matcher plain = LISTED.matcher(value);
            if (!plain.matches()) {
                return null;
            }
            listed.add(plain.group(1));
        }
        return key + " " + matcher.group("set") + " (" + String.join(",", listed) + ")";
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
