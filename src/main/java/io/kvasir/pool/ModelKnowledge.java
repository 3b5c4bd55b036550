package io.kvasir.pool;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one engine serves, as far as it was told: the last list that could be read, why the list cannot be read now, and
 * which names the engine denied lately. Outlasts changes of the endpoint's description. Safe for any thread.
 */
public final class ModelKnowledge {
    /** Names that are remembered as denied. */
    static final int MOST_DENIED = 64;

    /** How long a name that the engine denied is not asked for there again, in ns. */
    static final long DENIED_NANOS = 10_000_000_000L;

    /** @param atNanos when the engine said so */
    private record Denied(String model, long atNanos) {}

    private volatile ServedModels served = ServedModels.UNREAD;
    private volatile @Nullable String problem;
    private volatile List<Denied> denied = List.of();

    /** The last list; {@link ServedModels#UNREAD} before the first. */
    public ServedModels served() {
        return served;
    }

    /** Why the list cannot be read now, as a reason code; null where it can be or was not asked for. */
    public @Nullable String problem() {
        return problem;
    }

    /** {@code read}, {@code unread} or {@code unreadable}. */
    public String state() {
        return problem != null ? "unreadable" : served.known() ? "read" : "unread";
    }

    /** The list was read. */
    public void read(ServedModels list) {
        var before = served;
        served = before.known()
                        && before.complete() == list.complete()
                        && before.list().equals(list.list())
                ? before.again(list.readNanos())
                : list;
        problem = null;
    }

    /** The list was asked for and not had, for that reason. */
    public void unreadable(String reason) {
        problem = reason;
    }

    /** The engine said that it does not serve that name. */
    public synchronized void deny(String model, long nowNanos) {
        var kept = new ArrayList<Denied>();
        for (var entry : denied) {
            if (!entry.model.equals(model) && nowNanos - entry.atNanos < DENIED_NANOS) {
                kept.add(entry);
            }
        }
        if (kept.size() >= MOST_DENIED) {
            kept.removeFirst();
        }
        kept.add(new Denied(model, nowNanos));
        denied = List.copyOf(kept);
    }

    /** Whether the engine denied that name lately, and its list was not read since. */
    boolean deniedSinceRead(String model, long nowNanos) {
        return isDenied(model, nowNanos, served.readNanos(), served.known());
    }

    /** Whether the engine denied that name lately. */
    boolean denied(String model, long nowNanos) {
        return isDenied(model, nowNanos, 0, false);
    }

    private boolean isDenied(String model, long nowNanos, long afterNanos, boolean after) {
        var entries = denied;
        for (int i = 0; i < entries.size(); i++) {
            var entry = entries.get(i);
            if (entry.model.equals(model)
                    && nowNanos - entry.atNanos < DENIED_NANOS
                    && !(after && entry.atNanos - afterNanos < 0)) {
                return true;
            }
        }
        return false;
    }
}
