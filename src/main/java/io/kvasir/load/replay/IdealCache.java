package io.kvasir.load.replay;

import java.util.HashMap;
import java.util.Map;

/** One cache for all requests that forgets nothing: what no choice of replicas can beat. */
final class IdealCache {
    private final Map<Long, Integer> longest = new HashMap<>();

    /** Leading tokens of a prompt that it holds; from then on it holds the prompt and its answer. */
    int find(ReplayRequest request) {
        var prompt = request.prompt();
        int found = 0;
        boolean prefix = true;
        long chain = 0;
        for (int i = 0; i < prompt.pieces(); i++) {
            int tokens = prompt.tokens(i);
            int before = remember(chain, prompt.id(i), tokens);
            if (prefix) {
                found += Math.min(before, tokens);
                prefix = before >= tokens;
            }
            chain = mix(mix(chain ^ mix(prompt.id(i))) + tokens);
        }
        var _ = remember(chain, request.answer(), request.outputTokens());
        // as in the engines, one token at least is computed
        return Math.min(found, prompt.length() - 1);
    }

    /** Tokens of that piece behind that chain that were known before. */
    private int remember(long chain, long piece, int tokens) {
        long key = mix(chain ^ mix(piece));
        Integer before = longest.get(key);
        if (before == null || before < tokens) {
            longest.put(key, tokens);
        }
        return before == null ? 0 : before;
    }

    /** The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
    private static long mix(long x) {
        long z = x + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
