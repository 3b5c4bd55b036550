package io.kvasir.discovery.hardware;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a replica runs on.
 *
 * @param vendor in lower case, such as {@code nvidia}, {@code amd}, {@code intel} or {@code cpu}; null if unknown
 * @param product as the cluster names it, without what it adds for slices and sharing; null if unknown
 * @param partition such as {@code 1g.10gb} or {@code cpx_nps4}; null for a whole device
 * @param count devices or slices, 1 or more
 * @param sharing replicas that share each of them in time, 1 for none
 * @param strategy how they share it
 * @param source who named the product
 * @param notes what is not certain about it
 */
public record HardwareIdentity(
        @Nullable String vendor,
        @Nullable String product,
        @Nullable String partition,
        int count,
        int sharing,
        Sharing strategy,
        Source source,
        Set<HardwareNote> notes) {

    /** Who named the product, in order of precedence. */
    public enum Source {
        /** The pod's own label or annotation for that purpose. */
        DECLARED,
        /** The node's labels. */
        NODE,
        /** The pod's node selector, or node labels copied to it. */
        POD,
        /** The resource that its containers ask for, or that they ask for none. */
        RESOURCE,
        /** Nobody. */
        NONE
    }

    public HardwareIdentity {
        notes = Set.copyOf(notes);
    }
}
