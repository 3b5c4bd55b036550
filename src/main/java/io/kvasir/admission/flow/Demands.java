package io.kvasir.admission.flow;

import io.kvasir.pool.Endpoint;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** What some tenants ask for of late, at each endpoint: only requests that it may serve count there. Immutable. */
final class Demands {
    /** A request in a minute or so is nothing that comes. */
    static final double LEAST = 0.02;

    /** Nothing. */
    static final Demands NONE = new Demands(new Demand[0]);

    private final Demand[] byOrdinal;

    private Demands(Demand[] byOrdinal) {
        this.byOrdinal = byOrdinal;
    }

    /** What is asked of that endpoint; {@link Demand#NONE} where next to nothing is. */
    Demand at(Endpoint endpoint) {
        return endpoint.ordinal() < byOrdinal.length ? byOrdinal[endpoint.ordinal()] : Demand.NONE;
    }

    /** Sums by model, while they are counted. */
    static final class Sum {
        private final String[] names;
        private final double[] requests;
        private final double[] tokens;
        private final double[] inFlight;

        /** @param models that may be counted */
        Sum(int models) {
            names = new String[models];
            Arrays.fill(names, "");
            requests = new double[models];
            tokens = new double[models];
            inFlight = new double[models];
        }

        /** What one tenant asks of one model. */
        void add(int bit, String model, ArrivalRate asked) {
            names[bit] = model;
            requests[bit] += asked.requestsPerSecond();
            tokens[bit] += asked.tokensPerSecond();
            inFlight[bit] += asked.inFlight();
        }

        void add(Sum other) {
            for (int bit = 0; bit < names.length; bit++) {
                names[bit] = other.requests[bit] > requests[bit] ? other.names[bit] : names[bit];
                requests[bit] += other.requests[bit];
                tokens[bit] += other.tokens[bit];
                inFlight[bit] += other.inFlight[bit];
            }
        }

        /**
         * What that is at each endpoint.
         *
         * @param all what everybody asks for
         */
        Demands at(ServedModels served, Sum all) {
            Map<Long, Demand> byModels = new HashMap<>();
            long[] models = served.byOrdinal();
            var byOrdinal = new Demand[models.length];
            boolean any = false;
            for (int i = 0; i < models.length; i++) {
                byOrdinal[i] = byModels.computeIfAbsent(models[i], bits -> demand(bits, all));
                any |= byOrdinal[i].requestsPerSecond() > 0;
            }
            return any ? new Demands(byOrdinal) : NONE;
        }

        private Demand demand(long bits, Sum all) {
            double sum = 0;
            double prompts = 0;
            double mine = 0;
            double everybodys = 0;
            long asked = 0;
            int most = 0;
            for (int bit = 0; bit < names.length; bit++) {
                if ((bits >> bit & 1) != 0) {
                    prompts += tokens[bit];
                    mine += inFlight[bit];
                    everybodys += all.inFlight[bit];
                }
                if ((bits >> bit & 1) != 0 && requests[bit] > 0) {
                    sum += requests[bit];
                    most = asked == 0 || requests[bit] > requests[most] ? bit : most;
                    asked |= 1L << bit;
                }
            }
            return sum < LEAST
                    ? Demand.NONE
                    : new Demand(sum, prompts, mine / Math.max(1, everybodys), asked, names[most]);
        }
    }
}
