package io.kvasir.app;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A program as in a restricted pod: by a user that nobody knows, over a file system that is read-only for it. Needs namespaces
 * of users and mounts, which a kernel may keep from us.
 */
public final class Confinement {
    private static final List<String> OUTER = List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c");
    private static final String INNER =
            "mount -o remount,bind,ro / && exec unshare --user --map-user=1000660000 --map-group=0 -- \"$@\"";

    private Confinement() {}

    /** Whether this machine allows it. */
    public static boolean possible() {
        try {
            var tried = new ArrayList<>(OUTER);
            tried.addAll(List.of(INNER, "sh", "sh", "-c", "test \"$(id -u)\" = 1000660000 && ! touch ./written"));
            var process = new ProcessBuilder(tried)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Has that program run so; its process stays the one that is started. */
    public static void confine(ProcessBuilder program) {
        var words = new ArrayList<>(OUTER);
        words.add(INNER);
        words.add("sh");
        words.addAll(program.command());
        program.command(words);
    }
}
