package io.kvasir.load.replay;

import org.jspecify.annotations.Nullable;

/**
 * One request of a workload. Open loop where it has no parent: it arrives at its time whatever the engines do. Closed loop
 * where it has one: it arrives when its parent's last token has come and the user has thought; several may have the same
 * parent.
 *
 * @param id its place in the workload's list, from 0
 * @param session requests of one number belong together; the router is told by the session header. Below 0 for none
 * @param parent id of the request that it waits for, less than its own; -1 for none
 * @param arrivalSeconds from the start of the run; not before that where it has a parent
 * @param thinkSeconds between its parent's end and its arrival; 0 without one
 * @param prompt what it sends
 * @param answer id of the piece of text that it is answered with, for prompts that repeat it
 * @param outputTokens how long that is, at least 1; the router does not know it
 * @param maxTokens limit that the client sets, at least {@code outputTokens}; if it is these, the client demands exactly so many,
 *     and the router is told; 0 for none
 * @param model that it asks for; empty for the pool's only one
 * @param kind what it stands for, such as {@code chat}; results can be told apart by it
 * @param slo what it is to meet; null for nothing
 * @param owner whose it is; null where nobody says
 */
public record ReplayRequest(
        int id,
        int session,
        int parent,
        double arrivalSeconds,
        double thinkSeconds,
        PromptShape prompt,
        long answer,
        int outputTokens,
        int maxTokens,
        String model,
        String kind,
        @Nullable Slo slo,
        @Nullable Owner owner) {

    /** One that is nobody's. */
    public ReplayRequest(
            int id,
            int session,
            int parent,
            double arrivalSeconds,
            double thinkSeconds,
            PromptShape prompt,
            long answer,
            int outputTokens,
            int maxTokens,
            String model,
            String kind,
            @Nullable Slo slo) {
        this(
                id,
                session,
                parent,
                arrivalSeconds,
                thinkSeconds,
                prompt,
                answer,
                outputTokens,
                maxTokens,
                model,
                kind,
                slo,
                null);
    }

    public ReplayRequest {
        if (parent >= id || parent < -1) {
            throw new IllegalArgumentException("request " + id + " cannot wait for " + parent);
        }
        if (prompt.length() < 1 || outputTokens < 1) {
            throw new IllegalArgumentException("request " + id + " needs a token of prompt and of output");
        }
        if (maxTokens != 0 && maxTokens < outputTokens) {
            throw new IllegalArgumentException(
                    "request " + id + " puts out " + outputTokens + " tokens, more than its limit " + maxTokens);
        }
    }

    /** One that arrives by itself, belongs to no session and asks for nothing special. */
    public static ReplayRequest alone(
            int id, double arrivalSeconds, PromptShape prompt, long answer, int outputTokens) {
        return new ReplayRequest(id, -1, -1, arrivalSeconds, 0, prompt, answer, outputTokens, 0, "", "request", null);
    }

    /** The same, somebody's. */
    public ReplayRequest of(Owner whose) {
        return new ReplayRequest(
                id,
                session,
                parent,
                arrivalSeconds,
                thinkSeconds,
                prompt,
                answer,
                outputTokens,
                maxTokens,
                model,
                kind,
                slo,
                whose);
    }
}
