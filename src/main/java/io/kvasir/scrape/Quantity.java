package io.kvasir.scrape;

import java.util.Locale;
import java.util.Optional;

/** What is read of a metrics page, and what is made of several samples of it: one endpoint may have several ranks. */
enum Quantity {
    RUNNING(Merge.SUM),
    WAITING(Merge.SUM),
    /** A mean, because the other figures are sums: mean usage times all blocks are the blocks in use. */
    KV_USAGE(Merge.MEAN),
    BLOCK_SIZE(Merge.MAX),
    KV_BLOCKS(Merge.SUM),
    HASH_SCHEME(Merge.LATEST),
    PREFIX_CACHING(Merge.LATEST),
    MAX_ADAPTERS(Merge.LATEST),
    RUNNING_ADAPTERS(Merge.LATEST),
    WAITING_ADAPTERS(Merge.LATEST),
    /** 0 if any rank sleeps: a request to the endpoint may meet that one. */
    AWAKE(Merge.MIN),
    PREFIX_QUERIES(Merge.SUM),
    PREFIX_HITS(Merge.SUM),
    PREEMPTIONS(Merge.SUM),
    /** What an operator names, by a name of its own. */
    ATTRIBUTE(Merge.MAX);

    /** How samples of one page are put together. */
    enum Merge {
        SUM,
        MEAN,
        MIN,
        MAX,
        /** Of the sample with the largest value: a time, where old label sets linger on the page. */
        LATEST
    }

    final Merge merge;

    Quantity(Merge merge) {
        this.merge = merge;
    }

    /** Whether it is the text of a label and not a number. */
    boolean text() {
        return switch (this) {
            case HASH_SCHEME, PREFIX_CACHING, RUNNING_ADAPTERS, WAITING_ADAPTERS -> true;
            default -> false;
        };
    }

    /** The quantity that {@code engine-metrics.txt} calls so. */
    static Optional<Quantity> parse(String name) {
        for (Quantity quantity : values()) {
            if (quantity.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(name)) {
                return Optional.of(quantity);
            }
        }
        return Optional.empty();
    }
}
