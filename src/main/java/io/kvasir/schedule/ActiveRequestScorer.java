package io.kvasir.schedule;

/**
 * Fewer requests of ours in flight are better: 1 up to {@code idleThreshold}, else {@code maxBusyScore} times the distance to
 * the most that any candidate has, over that most.
 */
public final class ActiveRequestScorer implements Scorer {
    private static final Parameter<Long> IDLE = Parameter.whole("idleThreshold", 0, 0, Integer.MAX_VALUE);
    private static final Parameter<Double> BUSY = Parameter.number("maxBusyScore", 1, 0, 1);

    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "active-request-scorer",
            (parameters, _) -> new ActiveRequestScorer(parameters.get(IDLE), parameters.get(BUSY)),
            IDLE,
            BUSY,
            Producers.IN_FLIGHT,
            Parameter.any("requestTimeout"));

    private final long idle;
    private final double busyScore;

    /**
     * @param idle requests up to which an endpoint counts as idle
     * @param busyScore the best score of one that is not, 0 to 1
     */
    public ActiveRequestScorer(long idle, double busyScore) {
        this.idle = idle;
        this.busyScore = busyScore;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        double most = 0;
        for (int i = 0; i < context.size(); i++) {
            scores[i] = context.candidate(i).load().requests();
            most = Math.max(most, scores[i]);
        }
        for (int i = 0; i < context.size(); i++) {
            scores[i] = scores[i] <= idle ? 1 : (most - scores[i]) / most * busyScore;
        }
    }
}
