package io.kvasir.load.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Workloads for tests: small, and functions of seed and rate alone. */
public final class Traffic {
    private Traffic() {}

    /** What a test makes of a seed and a rate. */
    public interface Requests {
        /** See {@link ReplayWorkload#requests}. */
        List<ReplayRequest> of(long seed, double rate);
    }

    /** A workload of those requests. */
    public static ReplayWorkload of(Requests requests) {
        return new ReplayWorkload() {
            @Override
            public String name() {
                return "test";
            }

            @Override
            public List<ReplayRequest> requests(long seed, double rate) {
                return requests.of(seed, rate);
            }
        };
    }

    /** Exactly those requests, whatever seed and rate. */
    public static ReplayWorkload exactly(ReplayRequest... requests) {
        return of((_, _) -> List.of(requests));
    }

    /** Poisson arrivals of prompts that share one of {@code groups} prefixes, of some thousand tokens each. */
    public static ReplayWorkload sharedPrefixes(int count, int groups) {
        return of((seed, rate) -> {
            var random = new SplittableRandom(seed);
            var requests = new ArrayList<ReplayRequest>();
            double at = 0;
            for (int id = 0; id < count; id++) {
                at -= Math.log(1 - random.nextDouble()) / rate;
                var prompt = PromptShape.EMPTY
                        .then(1 + random.nextInt(groups), 4096)
                        .then(1_000_000L + id, 100 + random.nextInt(800));
                requests.add(ReplayRequest.alone(id, at, prompt, 2_000_000L + id, 20 + random.nextInt(200)));
            }
            return requests;
        });
    }

    /** Sessions of some turns each, which send all that was said before again. */
    public static ReplayWorkload conversations(int sessions, int turns) {
        return of((seed, rate) -> {
            var random = new SplittableRandom(seed);
            var requests = new ArrayList<ReplayRequest>();
            double at = 0;
            for (int session = 0; session < sessions; session++) {
                at -= Math.log(1 - random.nextDouble()) * turns / rate;
                var prompt = PromptShape.EMPTY.then(7, 500);
                for (int turn = 0; turn < turns; turn++) {
                    int id = requests.size();
                    prompt = prompt.then(10_000L + id, 50 + random.nextInt(400));
                    int output = 20 + random.nextInt(150);
                    requests.add(new ReplayRequest(
                            id,
                            session,
                            turn == 0 ? -1 : id - 1,
                            turn == 0 ? at : 0,
                            turn == 0 ? 0 : 1 + random.nextDouble(),
                            prompt,
                            20_000L + id,
                            output,
                            0,
                            "",
                            "chat",
                            new Slo(1, 0.05)));
                    prompt = prompt.then(20_000L + id, output);
                }
            }
            return requests;
        });
    }
}
