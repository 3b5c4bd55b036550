package io.kvasir.load;

import java.time.Duration;

/**
 * Processor time used so far, in real seconds; a difference of two readings is what a run used. 0 where the system
 * does not tell.
 */
record CpuSeconds(double router, double engines, double client) {
    /** Nothing known. */
    static final CpuSeconds NONE = new CpuSeconds(0, 0, 0);

    CpuSeconds minus(CpuSeconds before) {
        return new CpuSeconds(router - before.router, engines - before.engines, client - before.client);
    }

    static double of(ProcessHandle process) {
        return process.info().totalCpuDuration().map(Duration::toNanos).orElse(0L) / 1e9;
    }
}
