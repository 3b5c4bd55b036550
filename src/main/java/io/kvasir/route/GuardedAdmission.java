package io.kvasir.route;

import io.kvasir.admission.Admission;
import io.kvasir.admission.Evictable;
import io.kvasir.admission.Stay;
import io.kvasir.admission.Verdict;
import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import org.jspecify.annotations.Nullable;

/** An admission whose failures break no books: they are counted, and who calls it goes on. */
final class GuardedAdmission {
    private final Admission admission;
    private final ContainedFailures failures;

    GuardedAdmission(Admission admission, ContainedFailures failures) {
        this.admission = admission;
        this.failures = failures;
    }

    /** The one that it guards. */
    Admission admission() {
        return admission;
    }

    /** See {@link Admission#admit}; what fails is still to be {@link #failed}. */
    Verdict admit(Arriving arrival) {
        var verdict = admission.admit(arrival);
        if (verdict == null) {
            throw new IllegalStateException("no verdict");
        }
        if (verdict instanceof Verdict.Held != arrival.holds()) {
            throw new IllegalStateException("a request is held just where it has a ticket");
        }
        return verdict;
    }

    /** It failed. */
    void failed(RuntimeException failure) {
        failures.failed(failure);
    }

    /** Runs what it left for later, whatever comes of it. */
    void contain(Runnable left) {
        failures.contain(left);
    }

    /** See {@link Stay#booked}. */
    void booked(Stay stay, Endpoint endpoint, long uncachedTokens, Evictable request) {
        try {
            stay.booked(endpoint, uncachedTokens, request);
        } catch (RuntimeException e) {
            failures.failed(e);
        }
    }

    /** See {@link Stay#ended}. */
    void ended(Stay stay, @Nullable Endpoint endpoint, long computedTokens, long outputTokens) {
        try {
            stay.ended(endpoint, computedTokens, outputTokens);
        } catch (RuntimeException e) {
            failures.failed(e);
        }
    }

    /** See {@link Stay#expired}. */
    Refusal expired(Stay stay) {
        try {
            return stay.expired();
        } catch (RuntimeException e) {
            failures.failed(e);
            return Refusals.waitExpired(0);
        }
    }

    /** See {@link Admission#freed}. */
    void freed(Endpoint endpoint) {
        try {
            admission.freed(endpoint);
        } catch (RuntimeException e) {
            failures.failed(e);
        }
    }

    /** Declares how often it failed. */
    void describe(MetricSink sink) {
        failures.describe(sink, "admission");
    }
}
