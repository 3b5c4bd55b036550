package io.kvasir.pool;

/**
 * Tells endpoints that fail requests from requests that make endpoints fail. An endpoint is at fault only as far as its
 * peers, which serve the same model in the same role, do not fail alike: where all do, the fault follows the requests, and
 * where there is nobody to compare with, nobody is blamed. The test is that of a binomial share three standard deviations
 * above the peers', on at least {@link #LEAST_FAILURES} failures and half of the recent requests.
 */
public final class OutlierDetection {
    /** Failures among the recent requests below which nobody is ejected. */
    public static final int LEAST_FAILURES = 5;

    private static final double LEAST_SHARE = 0.5;
    private static final int LEAST_PEER_REQUESTS = 3;
    private static final double DEVIATIONS = 3;
    /** One more failure than the deviations ask for, as the share of few requests is rough. */
    private static final double MARGIN = 1;

    private OutlierDetection() {}

    /**
     * A request failed by what may be the endpoint's fault: an error of the server, a reset, a broken answer.
     *
     * @param model the model asked for; empty where there is none
     */
    public static void failed(PoolSnapshot pool, Endpoint endpoint, String model, long nowNanos) {
        var health = endpoint.health();
        health.requestFailed(nowNanos);
        boolean spare = part(endpoint) != Role.DECODE;
        int peers = 0;
        int peerRequests = 0;
        int peerFailures = 0;
        for (int i = 0; i < pool.size(); i++) {
            var peer = pool.at(i);
            if (isPeer(peer, endpoint, model)) {
                peers++;
                var there = peer.health().believed();
                if (counts(there)) {
                    peerRequests += there.history().outcomes().requests(nowNanos);
                    peerFailures += there.history().outcomes().failures(nowNanos);
                }
            }
        }
        var here = health.believed();
        int requests = here.history().outcomes().requests(nowNanos);
        int failures = here.history().outcomes().failures(nowNanos);
        if (spare && peers == 0) {
            // nobody needs it: the endpoints that answer prefill and encode themselves
            if (failures >= LEAST_FAILURES && failures >= LEAST_SHARE * requests) {
                health.eject(nowNanos);
            }
            return;
        }
        if (peerRequests < LEAST_PEER_REQUESTS) {
            return;
        }
        double expected = (peerFailures + 1.0) / (peerRequests + 2.0);
        health.exceeds(Math.max(0, failures / (requests + 2.0) - expected));
        if (here.onTrial(nowNanos)) {
            if (expected < LEAST_SHARE) {
                health.eject(nowNanos);
            }
            return;
        }
        double deviation = Math.sqrt(requests * expected * (1 - expected));
        if (failures >= LEAST_FAILURES
                && failures >= LEAST_SHARE * requests
                && failures >= requests * expected + DEVIATIONS * deviation + MARGIN) {
            health.eject(nowNanos);
        }
    }

    /**
     * A request was refused for a key or a model that the endpoint does not know. That ejects nobody, since requests may
     * differ in it; but an endpoint that refuses what its peers take must not win by being quick.
     *
     * @param model the model asked for; empty where there is none
     */
    public static void refused(PoolSnapshot pool, Endpoint endpoint, String model, long nowNanos) {
        var health = endpoint.health();
        health.requestRefused(nowNanos);
        int peerRequests = 0;
        int peerRefusals = 0;
        for (int i = 0; i < pool.size(); i++) {
            var peer = pool.at(i);
            var there = peer.health().believed();
            if (isPeer(peer, endpoint, model) && counts(there)) {
                peerRequests += there.history().refusals().requests(nowNanos);
                peerRefusals += there.history().refusals().failures(nowNanos);
            }
        }
        if (peerRequests >= LEAST_PEER_REQUESTS) {
            var here = health.believed().history().refusals();
            double share = here.failures(nowNanos) / (here.requests(nowNanos) + 2.0);
            health.refuses(Math.max(0, share - (peerRefusals + 1.0) / (peerRequests + 2.0)));
        }
    }

    private static boolean isPeer(Endpoint peer, Endpoint endpoint, String model) {
        return peer.replica() != endpoint.replica()
                && part(peer) == part(endpoint)
                && (model.isEmpty() || peer.serves(model));
    }

    /** The part of requests that it does: for others only, or {@link Role#DECODE} where it answers. */
    private static Role part(Endpoint endpoint) {
        var role = endpoint.spec().role();
        return role.decodes() ? Role.DECODE : role;
    }

    private static boolean counts(HealthState peer) {
        return switch (peer.state()) {
            case DOWN, EJECTED -> false;
            case UNKNOWN, UP, TRIAL -> true;
        };
    }
}
