package io.kvasir.extproc;

import org.jboss.logging.Logger;

/** Says once, and counts, that nobody tells where the prompts of requests are. */
final class UnreadPrompts {
    private static final Logger LOG = Logger.getLogger(UnreadPrompts.class);

    /** Characters of a path in the line. */
    private static final int LONGEST_SHOWN = 100;

    private UnreadPrompts() {}

    static void note(RequestHead head, ExtProcCounts counts) {
        if (counts.of(StreamEvent.PROMPT_UNREAD) == 0) {
            LOG.warnf(
                    "no prompt is read in bodies for %s: they are routed by load alone, and counted as prompt-unread",
                    head.path() == null
                            ? "requests without a path"
                            : shown(head.path().plain()));
        }
        counts.count(StreamEvent.PROMPT_UNREAD);
    }

    private static String shown(String path) {
        return path.length() <= LONGEST_SHOWN ? path : path.substring(0, LONGEST_SHOWN) + "…";
    }
}
