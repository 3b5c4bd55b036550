package io.kvasir.load;

/** Where a schedule sends its requests. */
@FunctionalInterface
interface Sender {
    /**
     * Sends a request; returns at once. Any thread.
     *
     * @param index position in the schedule
     * @param request what is asked
     * @param intendedNanos when the schedule wanted it sent
     * @param body the request's body
     */
    void send(int index, TraceRequest request, long intendedNanos, byte[] body);
}
