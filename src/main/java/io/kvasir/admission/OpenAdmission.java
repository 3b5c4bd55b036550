package io.kvasir.admission;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;

/** Holds nobody. */
final class OpenAdmission implements Admission {
    @Override
    public Verdict admit(Arrival arrival) {
        return Verdict.ADMITTED;
    }

    @Override
    public void freed(Endpoint endpoint) {
        // nobody waits for it
    }

    @Override
    public Refusal expired(Request request) {
        return Refusals.waitExpired(0);
    }
}
