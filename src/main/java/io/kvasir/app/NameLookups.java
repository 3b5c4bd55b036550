package io.kvasir.app;

import java.security.Security;

/**
 * How long looked up names are remembered. The JDK keeps "no such host" for 10 s and addresses for 30 s, which a restarted
 * engine whose name goes and comes with it would be unreachable for after it answers.
 */
final class NameLookups {
    /** Security properties of the JDK, in seconds; read with the first lookup. */
    static final String FOUND = "networkaddress.cache.ttl";

    static final String NOT_FOUND = "networkaddress.cache.negative.ttl";

    private NameLookups() {}

    /** Remembers addresses for 5 s and their absence for 1 s; to be called before anything is looked up. */
    static void forgetSoon() {
        set(FOUND, "5");
        set(NOT_FOUND, "1");
    }

    /** The image says so in a file: having it said here takes a start as long as a hundred requests. */
    private static void set(String property, String seconds) {
        if (!seconds.equals(Security.getProperty(property))) {
            Security.setProperty(property, seconds);
        }
    }
}
