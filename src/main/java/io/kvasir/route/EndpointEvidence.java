package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.OutlierDetection;

/** What one request shows of the health of the endpoint that it was placed on; begins with a trial where one is due. */
final class EndpointEvidence {
    private final Router router;
    private final Endpoint endpoint;
    private final String model;
    private boolean trial;
    private boolean connectReported;
    private boolean elsewhere;
    private boolean refused;
    private int status;

    EndpointEvidence(Router router, Endpoint endpoint, String model) {
        this.router = router;
        this.endpoint = endpoint;
        this.model = model;
        trial = endpoint.health().beginTrial(router.nanoTime());
    }

    /** See {@link Booking#connectFailed}. */
    void connectFailed(boolean byRefusal) {
        connectReported = true;
        if (byRefusal) {
            endpoint.health().connectFailed();
        } else {
            endpoint.health().connectTimedOut();
        }
    }

    /** Another endpoint answers: nothing that follows is evidence of this one. */
    void servedElsewhere() {
        elsewhere = true;
    }

    /**
     * The head of the response is there.
     *
     * @return whether it tells of this endpoint
     */
    boolean responseStarted(int httpStatus, double retryAfterSeconds) {
        status = httpStatus;
        refused = httpStatus >= 300;
        if (elsewhere) {
            return false;
        }
        long now = router.nanoTime();
        endpoint.health().answered(now);
        switch (Evidence.of(httpStatus)) {
            case PRESSED -> endpoint.health().pressed(Math.round(1e9 * Math.max(0, retryAfterSeconds)), now);
            case FAILED -> failed();
            case REFUSED -> OutlierDetection.refused(router.pool().snapshot(), endpoint, model, now);
            case SERVED, NEUTRAL -> {}
        }
        return true;
    }

    /** Whether the answer is no success. */
    boolean refused() {
        return refused;
    }

    /** Whether it is this endpoint that answers, and with a success. */
    boolean tells() {
        return !elsewhere && !refused;
    }

    private void failed() {
        if (!elsewhere) {
            OutlierDetection.failed(router.pool().snapshot(), endpoint, model, router.nanoTime());
        }
    }

    /**
     * The request is over.
     *
     * @param answering whether content of an answer was seen
     */
    void ended(Outcome outcome, boolean answering) {
        switch (outcome) {
            case CONNECT_FAILED -> {
                if (!connectReported) {
                    endpoint.health().connectFailed();
                }
            }
            case UPSTREAM_RESET, FIRST_BYTE_TIMEOUT -> failed();
            case COMPLETED -> served();
            case CLIENT_GONE, EXPIRED -> {
                if (answering) {
                    served();
                }
            }
            case ENDPOINT_LOST, UPSTREAM_ERROR, REFUSED_BY_ENGINE, EVICTED, SHUTDOWN -> {}
        }
    }

    private void served() {
        if (!elsewhere && (status == 0 || Evidence.of(status) == Evidence.SERVED)) {
            endpoint.health().requestServed(router.nanoTime());
        }
    }

    /** The trial, if it was one, is over. */
    void endTrial() {
        if (trial) {
            trial = false;
            endpoint.health().endTrial();
        }
    }
}
