package io.kvasir.admission;

import io.kvasir.pool.Endpoint;

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
}
