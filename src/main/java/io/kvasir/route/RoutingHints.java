package io.kvasir.route;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a door knows beyond the request.
 *
 * @param subset the only {@code ip:port} that may be chosen, as a gateway demands; an empty list allows nobody, null all
 * @param pathModel the model that the path names: for bodies that name none, and no other may stand in the body, since
 *     who may ask for what is often decided by the path
 * @param prefixed whether what stands in the model's place of the path may be a gateway's own prefix, such as the name of
 *     a service; it then counts unless the pool tells that it is no model
 * @param gatewayModel the model that an earlier filter of the gateway found, for requests that name none
 * @param rewrite the model that a header demands instead of the request's own; null for none
 * @param pairs whether the door can have another endpoint prefill
 * @param early whether the body is not complete and the decision cannot wait for the rest
 * @param scores whether the booking shall have every candidate's score
 * @param stored what the path names of what engines keep; null for nothing
 * @param trace follows the request; null where nobody does
 */
public record RoutingHints(
        @Nullable List<String> subset,
        @Nullable String pathModel,
        boolean prefixed,
        @Nullable String gatewayModel,
        @Nullable String rewrite,
        boolean pairs,
        boolean early,
        boolean scores,
        @Nullable StoredObject stored,
        @Nullable RequestTrace trace) {

    /** Nothing more is known. */
    public static final RoutingHints NONE =
            new RoutingHints(null, null, false, null, null, false, false, false, null, null);

    /** The trace, where it is kept; else null. */
    @Nullable
    RequestTrace keptTrace() {
        return trace != null && trace.kept() ? trace : null;
    }

    /** Begins with {@link #NONE}. */
    public static Builder builder() {
        return new Builder(NONE);
    }

    /** Begins with these. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Collects hints, which are explained where they are components. */
    public static final class Builder {
        private @Nullable List<String> subset;
        private @Nullable String pathModel;
        private boolean prefixed;
        private @Nullable String gatewayModel;
        private @Nullable String rewrite;
        private boolean pairs;
        private boolean early;
        private boolean scores;
        private @Nullable StoredObject stored;
        private @Nullable RequestTrace trace;

        private Builder(RoutingHints from) {
            subset = from.subset;
            pathModel = from.pathModel;
            prefixed = from.prefixed;
            gatewayModel = from.gatewayModel;
            rewrite = from.rewrite;
            pairs = from.pairs;
            early = from.early;
            scores = from.scores;
            stored = from.stored;
            trace = from.trace;
        }

        public Builder subset(@Nullable List<String> value) {
            subset = value;
            return this;
        }

        /** The path's model, which is one. */
        public Builder pathModel(@Nullable String value) {
            pathModel = value;
            prefixed = false;
            return this;
        }

        /** The path's model, or a gateway's prefix in its place. */
        public Builder prefixModel(@Nullable String value) {
            pathModel = value;
            prefixed = true;
            return this;
        }

        public Builder gatewayModel(@Nullable String value) {
            gatewayModel = value;
            return this;
        }

        public Builder rewrite(@Nullable String value) {
            rewrite = value;
            return this;
        }

        public Builder pairs(boolean value) {
            pairs = value;
            return this;
        }

        public Builder early(boolean value) {
            early = value;
            return this;
        }

        public Builder scores(boolean value) {
            scores = value;
            return this;
        }

        public Builder stored(@Nullable StoredObject value) {
            stored = value;
            return this;
        }

        public Builder trace(@Nullable RequestTrace value) {
            trace = value;
            return this;
        }

        /** The hints. */
        public RoutingHints build() {
            return new RoutingHints(
                    subset, pathModel, prefixed, gatewayModel, rewrite, pairs, early, scores, stored, trace);
        }
    }
}
