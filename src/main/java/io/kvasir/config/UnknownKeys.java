package io.kvasir.config;

import java.util.ArrayList;
import java.util.List;

/** What a reader makes of keys that it does not know. */
public interface UnknownKeys {
    /** Refuses the document for the first one. */
    UnknownKeys REFUSED = (source, line, key, known) -> {
        throw InvalidConfigException.at(source, line, key + ": unknown key" + known);
    };

    /**
     * A key is not known.
     *
     * @param key with the way to it
     * @param known what was meant, or what is allowed, to stand behind the words <i>unknown key</i>
     */
    void found(String source, int line, String key, String known) throws InvalidConfigException;

    /** Keeps a line for each of the first 100, counts the others, and lets all be. */
    final class Listed implements UnknownKeys {
        private static final int MOST = 100;

        private final List<String> lines = new ArrayList<>();
        private int count;

        @Override
        public void found(String source, int line, String key, String known) {
            count++;
            if (lines.size() < MOST) {
                boolean near = known.startsWith(",");
                lines.add(source + ":" + line + ": " + key + ": unknown key" + known + (near ? " It is ignored" : ""));
            }
        }

        /** One line for each of the first 100, in the document's order. */
        public List<String> lines() {
            return List.copyOf(lines);
        }

        /** How many there are. */
        public int count() {
            return count;
        }
    }
}
