package io.kvasir.discovery.kubernetes;

import io.kvasir.failure.NearMiss;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/** Tells the log of values of one label that mean nothing here: each once, with the pods that have it. */
final class UnknownLabels {
    private static final Logger LOG = Logger.getLogger(UnknownLabels.class);
    private static final int MOST_NAMES = 10;
    private static final int MOST_VALUES = 64;

    private final String label;
    private final List<String> allowed;
    private final String instead;
    private final Set<String> told = new HashSet<>();
    private final Map<String, List<String>> found = new TreeMap<>();

    /** @param instead what such pods count as */
    UnknownLabels(String label, List<String> allowed, String instead) {
        this.label = label;
        this.allowed = allowed;
        this.instead = instead;
    }

    /** A pod has that value. */
    void found(String value, String pod) {
        if (!told.contains(value) && told.size() < MOST_VALUES) {
            found.computeIfAbsent(value, _ -> new ArrayList<>()).add(pod);
        }
    }

    /** Tells what was found since the last call; gives the lines that it logged. */
    List<String> tell() {
        var lines = new ArrayList<String>();
        found.forEach((value, pods) -> {
            told.add(value);
            String near = NearMiss.of(value, allowed);
            int more = pods.size() - MOST_NAMES;
            lines.add(label + ": \"" + value + "\" means nothing here"
                    + (near == null ? "." : "; did you mean " + near + "?")
                    + " Allowed: " + String.join(", ", allowed) + ". " + instead + ": "
                    + String.join(", ", pods.subList(0, Math.min(MOST_NAMES, pods.size())))
                    + (more > 0 ? " and " + more + " more" : ""));
        });
        found.clear();
        lines.forEach(LOG::warn);
        return lines;
    }
}
