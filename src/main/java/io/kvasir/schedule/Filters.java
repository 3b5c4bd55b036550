package io.kvasir.schedule;

import java.util.function.IntPredicate;

/** What several filters do. */
final class Filters {
    private Filters() {}

    /**
     * Keeps the candidates whose place passes.
     *
     * @param fallback whether all stay where none passes
     */
    static void keep(SchedulingContext context, IntPredicate passes, boolean fallback) {
        if (fallback) {
            int size = context.size();
            boolean any = false;
            for (int i = 0; i < size && !any; i++) {
                any = passes.test(i);
            }
            if (!any) {
                return;
            }
        }
        context.retainPlaces(passes);
    }
}
