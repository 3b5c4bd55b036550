package io.kvasir.load.replay;

/**
 * Whose a request is and how much it matters, as a gateway would say it.
 *
 * @param tenant the fairness id
 * @param priority of its objective; higher is served first, negative may be shed
 * @param retries how often its client sends it again when it is told when
 */
public record Owner(String tenant, int priority, int retries) {
    /** One that does not come again. */
    public static Owner of(String tenant, int priority) {
        return new Owner(tenant, priority, 0);
    }

    /** The objective that has its priority. */
    String objective() {
        return "priority-" + priority;
    }
}
