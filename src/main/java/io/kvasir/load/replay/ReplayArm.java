package io.kvasir.load.replay;

import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.Profile;
import org.jspecify.annotations.Nullable;

/** One way to decide, which a run tries. */
public interface ReplayArm {
    /** Name in reports: lower case and hyphens. */
    String name();

    /** Where the formula was published; for our own, what is tried. */
    String source();

    /** The time model that the router has in a run of this arm. */
    default TimeModel time(ModelCatalogue models) {
        return new TimeModel(models);
    }

    /** Whether requests tell the router, in their headers, how fast is fast enough; no rival's default reads that. */
    default boolean tellsSlo() {
        return false;
    }

    /** How requests wait in a run that does not say it itself; null where all are let in, as rivals' defaults do. */
    default @Nullable FlowSettings flow() {
        return null;
    }

    /** Makes what decides in one run; called once for each. */
    Chooser start(ArmContext context);

    /** What decides in one run. */
    interface Chooser {
        /** Decides for the router. */
        Profile profile();

        /**
         * A request was placed; for arms with books of their own, like the next two.
         *
         * @param replica its place in the pool, the endpoint's ordinal
         * @param believedCachedTokens leading tokens that it is believed to hold
         */
        default void placed(ReplayRequest request, int replica, int believedCachedTokens) {}

        /** Its first token came. */
        default void begun(ReplayRequest request) {}

        /** It ended in full. */
        default void finished(RequestResult result) {}
    }
}
