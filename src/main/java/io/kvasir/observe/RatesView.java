package io.kvasir.observe;

import io.kvasir.cost.ClassRates;
import io.kvasir.cost.EndpointRates;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * How fast an endpoint is taken to be with the model that it is described with, or lists first: as catalogues let expect, and
 * as its class showed.
 *
 * @param catalogued whether the catalogue knows the hardware; where it does not, {@code believed} is the pool's median
 * @param believed before anything was seen
 * @param learned now; as believed before anything was seen
 * @param observations that the learned ones rest on
 * @param usualError usual size of a prediction's relative error lately, 0.05 at least; 1 before anything was seen
 * @param confidence from 0, nothing seen, to 1: one less the usual error
 * @param drifted whether predictions have been off for long, see docs/time-model.md
 * @param pace how many times as long as others of its class this replica takes
 */
@RegisterForReflection
public record RatesView(
        boolean catalogued,
        Speeds believed,
        Speeds learned,
        long observations,
        double usualError,
        double confidence,
        boolean drifted,
        double pace) {

    private static final int PROMPT = 8_000;
    private static final int CONTEXT = 2_000;

    /**
     * What rates come to.
     *
     * @param prefillTokensPerSecond of a prompt of 8,000 tokens on an idle replica
     * @param secondsPerToken of one answer behind 2,000 tokens
     * @param secondsPerTokenOf32 of each of 32 such answers at once
     */
    @RegisterForReflection
    public record Speeds(double prefillTokensPerSecond, double secondsPerToken, double secondsPerTokenOf32) {}

    static RatesView of(TimeModel time, Endpoint endpoint, long nowNanos) {
        ClassRates rates = time.rates(endpoint, model(endpoint));
        return new RatesView(
                endpoint.hardware().known(),
                speeds(rates.believed()),
                speeds(rates.rates()),
                rates.samples(),
                Digits.sensible(rates.usualError()),
                Digits.sensible(1 - rates.usualError()),
                rates.drifted(),
                Digits.sensible(endpoint.pace().factor(nowNanos)));
    }

    private static String model(Endpoint endpoint) {
        String described = endpoint.spec().model();
        if (described != null) {
            return described;
        }
        var models = endpoint.models();
        return models.isEmpty() ? "" : models.getFirst().id();
    }

    private static Speeds speeds(EndpointRates rates) {
        return new Speeds(
                Digits.sensible(PROMPT / rates.prefillSeconds(PROMPT, 0, 0)),
                Digits.sensible(rates.interTokenSeconds(1, CONTEXT)),
                Digits.sensible(rates.interTokenSeconds(32, 32.0 * CONTEXT)));
    }
}
