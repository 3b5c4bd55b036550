package io.kvasir.kvevents;

import io.kvasir.kvevents.EventCounts.Incident;
import io.kvasir.kvevents.wire.KvEvent;
import io.kvasir.kvevents.wire.PolledEvent;
import io.kvasir.prefix.CacheTier;
import io.kvasir.prefix.EngineCache;
import io.kvasir.prefix.LayerGroup;
import io.kvasir.prefix.LayerGroup.Reach;
import io.kvasir.prefix.StoredBlocks;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The events of one rank of an engine that keeps them until they are read. No event comes twice and none can be had again:
 * a number that was passed is another process's, and one that is left out is lost. Of layers with several windows those with
 * the longest are taken to attend to everything. By one thread.
 */
final class PolledRank {
    /** Levels of memory: the accelerator's and the host's. */
    private static final CacheTier[] TIERS = {CacheTier.GPU, CacheTier.CPU};

    private final EngineCache cache;
    private final CacheAccount account;
    private final EventCounts counts;
    private final int usualBlock;
    private final NavigableSet<Integer> windows = new TreeSet<>();
    private long last = -1;
    private int blockSize;
    private boolean proven;

    /** @param usualBlock tokens of a block until events prove another size */
    PolledRank(EngineCache cache, EventCounts counts, long kvTokens, int usualBlock) {
        this.cache = cache;
        this.counts = counts;
        this.usualBlock = usualBlock;
        account = new CacheAccount(cache, counts, kvTokens);
        blockSize = usualBlock;
    }

    EngineCache cache() {
        return cache;
    }

    /** Whether any event came. */
    boolean heard() {
        return last >= 0;
    }

    EventState state() {
        return account.state();
    }

    /** Some could not be read. */
    void lost() {
        account.lost();
    }

    /**
     * Takes the events of one answer.
     *
     * @param unsorted at least one
     * @return whether events before them are missing
     */
    boolean told(List<PolledEvent> unsorted) {
        var events = unsorted.stream()
                .sorted(Comparator.comparingLong(PolledEvent::id))
                .toList();
        long first = events.getFirst().id();
        boolean missing = false;
        if (first <= last) {
            counts.incident(Incident.RESTART);
            forget();
        }
        if (last < 0) {
            // some count from 1
            if (first > 1 && events.getFirst().kind() != PolledEvent.Kind.CREATED) {
                account.beginningLost();
            }
        } else if (first > last + 1) {
            missing = true;
            gap();
        }
        for (PolledEvent event : events) {
            see(event.window());
        }
        for (PolledEvent event : events) {
            measure(event);
        }
        apply(events, true);
        if (windows.size() > 1) {
            apply(events, false);
        }
        for (int i = 1; i < events.size(); i++) {
            if (events.get(i).id() > events.get(i - 1).id() + 1) {
                gap();
            }
        }
        last = events.getLast().id();
        return missing;
    }

    private void gap() {
        counts.incident(Incident.GAP);
        counts.incident(Incident.LOST);
        account.lost();
    }

    private void forget() {
        account.restarted();
        windows.clear();
        last = -1;
        blockSize = usualBlock;
        proven = false;
    }

    private void see(int window) {
        if (windows.size() >= CacheAccount.MOST_GROUPS && !windows.contains(window)) {
            account.unknownGroup();
            return;
        }
        boolean longest = !windows.isEmpty() && window > windows.last();
        if (windows.add(window) && longest && cache.blockSize() > 0) {
            // what was taken for layers that attend to everything does not
            account.restarted();
            account.beginningLost();
        }
    }

    private void apply(List<PolledEvent> events, boolean main) {
        long before = -1;
        for (PolledEvent event : events) {
            boolean again = event.id() == before;
            before = event.id();
            if (!again && (event.window() == windows.last()) == main) {
                apply(event, main);
            }
        }
    }

    private void apply(PolledEvent event, boolean main) {
        switch (event.kind()) {
            case CREATED, OTHER -> {}
            case UNKNOWN -> counts.unknown(1, 0);
            case STORED -> {
                counts.event(KvEvent.Kind.STORED);
                stored(event, main);
            }
            case REMOVED -> {
                counts.event(KvEvent.Kind.REMOVED);
                counts.removed(event.hashes().length);
                for (CacheTier tier : TIERS) {
                    removed(event, main, tier);
                }
            }
            case MOVED -> moved(event, main);
        }
    }

    private void removed(PolledEvent event, boolean main, CacheTier tier) {
        int n = event.hashes().length;
        if (main) {
            cache.removed(tier, event.hashes(), n);
        } else {
            cache.removed(event.window(), tier, event.hashes(), n);
        }
    }

    private void moved(PolledEvent event, boolean main) {
        var from = TIERS[Math.min(1, event.levels()[0])];
        var to = TIERS[Math.min(1, event.levels()[1])];
        if (from != to) {
            store(event, main, to, false, 0, event.hashes(), new int[0], null);
            removed(event, main, from);
        }
    }

    private void stored(PolledEvent event, boolean main) {
        int n = event.hashes().length;
        int at = 0;
        int i = 0;
        boolean hasParent = event.hasParent();
        long parent = event.parent();
        while (i < n) {
            int level = Math.min(1, event.levels()[i]);
            int end = i;
            while (end < n && event.counts()[end] == blockSize && Math.min(1, event.levels()[end]) == level) {
                end++;
            }
            if (end == i) {
                // partly filled, or of a size that no other is of: what follows it is unknown
                counts.partialBlock();
                return;
            }
            int tokens = (end - i) * blockSize;
            store(
                    event,
                    main,
                    TIERS[level],
                    hasParent,
                    parent,
                    Arrays.copyOfRange(event.hashes(), i, end),
                    Arrays.copyOfRange(event.tokens(), at, at + tokens),
                    Arrays.copyOfRange(event.extras(), i, end));
            at += tokens;
            hasParent = true;
            parent = event.hashes()[end - 1];
            i = end;
        }
    }

    private void measure(PolledEvent event) {
        for (int i = 0; i < event.counts().length; i++) {
            measure(event.counts()[i], i < event.counts().length - 1);
        }
    }

    /** All blocks but the last of a row are full. */
    private void measure(int tokens, boolean full) {
        if (tokens == blockSize) {
            proven |= full;
        } else if (!proven && (full || tokens > blockSize) && tokens > 0) {
            blockSize = tokens;
            proven = full;
            if (heard()) {
                account.restarted();
                account.beginningLost();
            }
        }
    }

    private void store(
            PolledEvent event,
            boolean main,
            CacheTier tier,
            boolean hasParent,
            long parent,
            long[] hashes,
            int[] tokens,
            long @Nullable [] extras) {
        var blocks = new StoredBlocks(
                tier,
                hasParent,
                parent,
                hashes,
                hashes.length,
                tokens,
                tokens.length,
                tokens.length == 0 ? 0 : blockSize,
                null,
                null,
                extras);
        if (main) {
            account.stored(blocks);
        } else {
            account.stored(new LayerGroup(event.window(), Reach.WINDOW, event.window()), blocks);
        }
    }
}
