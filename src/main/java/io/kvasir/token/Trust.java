package io.kvasir.token;

import io.kvasir.request.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Whether tokens that are made here are those that engines make, by model and by what a prompt has in it: a template, or how
 * an engine uses it, may differ where there are tools and not elsewhere. The first prompts of a kind and then some are held
 * beside the engine's; kinds that differ are left to engines for minutes. From any thread.
 */
final class Trust {
    private static final int FIRST = 3;
    private static final int THEN_EVERY = 1_024;
    private static final long DISTRUST_NANOS = 600_000_000_000L;
    private static final int MOST_KINDS = 1_024;

    private static final byte[][] MARKS = {
        "\"tools\"".getBytes(StandardCharsets.US_ASCII),
        "\"tool_calls\"".getBytes(StandardCharsets.US_ASCII),
        "\"chat_template_kwargs\"".getBytes(StandardCharsets.US_ASCII),
        "\"reasoning".getBytes(StandardCharsets.US_ASCII),
        "\"thinking\"".getBytes(StandardCharsets.US_ASCII),
        "\"tool_use\"".getBytes(StandardCharsets.US_ASCII),
        "\"tool_result\"".getBytes(StandardCharsets.US_ASCII),
        "\"disabled\"".getBytes(StandardCharsets.US_ASCII),
        "\"function_call\"".getBytes(StandardCharsets.US_ASCII),
    };

    record Kind(String model, Dialect dialect, int marks) {}

    private static final class Seen {
        final AtomicInteger prompts = new AtomicInteger();
        volatile long distrustedUntil;
        volatile boolean distrusted;
    }

    private final LongSupplier nanoClock;
    private final Map<Kind, Seen> kinds = new ConcurrentHashMap<>();

    Trust(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** What kind a prompt is of. */
    static Kind kind(String model, Dialect dialect, byte[] body) {
        int marks = 0;
        for (int m = 0; m < MARKS.length; m++) {
            marks |= contains(body, MARKS[m]) ? 1 << m : 0;
        }
        return new Kind(model, dialect, marks);
    }

    private static boolean contains(byte[] body, byte[] mark) {
        int last = body.length - mark.length;
        for (int i = 0; i <= last; i++) {
            if (body[i] == '"' && java.util.Arrays.equals(body, i, i + mark.length, mark, 0, mark.length)) {
                return true;
            }
        }
        return false;
    }

    private Seen seen(Kind kind) {
        if (kinds.size() >= MOST_KINDS) {
            kinds.clear();
        }
        return kinds.computeIfAbsent(kind, _ -> new Seen());
    }

    /** Whether what is made here of that kind is what engines make, as far as is known. */
    boolean trusts(Kind kind) {
        var seen = seen(kind);
        if (!seen.distrusted) {
            return true;
        }
        if (nanoClock.getAsLong() - seen.distrustedUntil < 0) {
            return false;
        }
        seen.distrusted = false;
        seen.prompts.set(0);
        return true;
    }

    /** Whether the next prompt of that kind is to be held beside the engine's. */
    boolean wantsCheck(Kind kind) {
        int before = seen(kind).prompts.getAndUpdate(n -> n == Integer.MAX_VALUE ? FIRST : n + 1);
        return before < FIRST || before % THEN_EVERY == 0;
    }

    /** What was made here is not what the engine made. Returns whether that is news. */
    boolean distrust(Kind kind) {
        var seen = seen(kind);
        boolean news = !seen.distrusted;
        seen.distrustedUntil = nanoClock.getAsLong() + DISTRUST_NANOS;
        seen.distrusted = true;
        return news;
    }
}
