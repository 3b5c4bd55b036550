package io.kvasir.route;

import io.kvasir.pool.Endpoint;

/** How lists of models are read anew where a request shows that they may be old. Safe for any thread. */
public interface ModelLists {
    /** For a router whose lists are as they are. */
    ModelLists FIXED = new ModelLists() {
        @Override
        public boolean refresh(Runnable done) {
            return false;
        }

        @Override
        public void reread(Endpoint endpoint) {
            // nobody reads
        }
    };

    /**
     * Has all lists read anew.
     *
     * @param done run once, on any thread and within a bounded time, when they are
     * @return false where they are new and nothing is done; {@code done} then is not run
     */
    boolean refresh(Runnable done);

    /** Has one endpoint's list read anew soon. */
    void reread(Endpoint endpoint);
}
