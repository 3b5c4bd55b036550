package io.kvasir.load.replay;

import io.kvasir.cost.DecodeWeight;
import io.kvasir.sim.engine.Outlook;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What really is, looked up replica by replica as it is asked for. */
final class Oracle implements Truth {
    private final List<SimulatedReplica> replicas;
    private final VirtualClock clock;
    private final boolean[] looked;
    private final double[] ttft;
    private final double[] decode;
    private final double[] squares;
    private final double[] others;
    private final double[] othersSquares;
    private final int[] cached;
    private @Nullable ReplayRequest request;

    Oracle(List<SimulatedReplica> replicas, VirtualClock clock) {
        this.replicas = replicas;
        this.clock = clock;
        int size = replicas.size();
        looked = new boolean[size];
        ttft = new double[size];
        decode = new double[size];
        squares = new double[size];
        others = new double[size];
        othersSquares = new double[size];
        cached = new int[size];
    }

    /** Another request is decided. */
    void ask(ReplayRequest next) {
        request = next;
        Arrays.fill(looked, false);
    }

    private void look(int replica) {
        if (looked[replica]) {
            return;
        }
        looked[replica] = true;
        var asked = request();
        var at = replicas.get(replica);
        if (asked.prompt().length() + (long) asked.outputTokens() > at.limits().maxModelLength()) {
            cached[replica] = 0;
            ttft[replica] = Double.POSITIVE_INFINITY;
            decode[replica] = 0;
            squares[replica] = 0;
            others[replica] = 0;
            othersSquares[replica] = 0;
            return;
        }
        Outlook outlook = at.outlook();
        outlook.look(at.prompt(asked.prompt()), asked.outputTokens(), clock.getAsLong());
        cached[replica] = outlook.cachedTokens();
        ttft[replica] = outlook.ttftSeconds();
        decode[replica] = outlook.decodeSeconds();
        squares[replica] = outlook.decodeSeconds() * outlook.tokenSeconds();
        others[replica] = outlook.othersSeconds();
        othersSquares[replica] = outlook.othersSquares();
    }

    /** The replica that costs least; the first of equals. */
    int best() {
        int best = 0;
        for (int i = 1; i < looked.length; i++) {
            if (costSeconds(i) < costSeconds(best)) {
                best = i;
            }
        }
        return best;
    }

    @Override
    public ReplayRequest request() {
        var now = request;
        if (now == null) {
            throw new IllegalStateException("no request is decided now");
        }
        return now;
    }

    @Override
    public int cachedTokens(int replica) {
        look(replica);
        return cached[replica];
    }

    @Override
    public double ttftSeconds(int replica) {
        look(replica);
        return ttft[replica];
    }

    @Override
    public double decodeSeconds(int replica) {
        look(replica);
        return decode[replica];
    }

    @Override
    public double othersSeconds(int replica) {
        look(replica);
        return others[replica];
    }

    @Override
    public double costSeconds(int replica, DecodeWeight weight) {
        look(replica);
        return ttft[replica]
                + weight.count(decode[replica] + others[replica], squares[replica] + othersSquares[replica]);
    }
}
