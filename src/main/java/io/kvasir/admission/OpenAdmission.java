package io.kvasir.admission;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.Request;
import org.jspecify.annotations.Nullable;

/** Holds nobody. */
final class OpenAdmission implements Admission {
    @Override
    public Verdict admit(Arrival arrival) {
        return Verdict.ADMITTED;
    }

    @Override
    public void ended(Request request, @Nullable Endpoint endpoint, long computedTokens, long outputTokens) {
        // nothing is kept of it
    }

    @Override
    public void freed(Endpoint endpoint) {
        // nobody waits for it
    }
}
