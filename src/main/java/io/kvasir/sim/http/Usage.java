package io.kvasir.sim.http;

import io.kvasir.sim.engine.Prompt;

/**
 * Tokens of an answer, as the {@code usage} object reports them.
 *
 * @param prompt prompt tokens; a prompt of several choices counts once
 * @param completion output tokens of all choices
 * @param cached prompt tokens found in the prefix cache
 * @param created prompt tokens newly in it
 */
record Usage(int prompt, int completion, int cached, int created) {
    static Usage of(Answer answer) {
        int prompt = 0;
        int completion = 0;
        int cached = 0;
        int created = 0;
        Prompt last = null;
        for (int i = 0; i < answer.request().choices().size(); i++) {
            var sequence = answer.sequence(i);
            completion += sequence.generated();
            if (sequence.prompt() != last) {
                last = sequence.prompt();
                int hits = Math.max(0, sequence.cachedTokens());
                prompt += last.length();
                cached += hits;
                created += Math.max(0, last.fullBlocks() * last.blockSize() - hits);
            }
        }
        return new Usage(prompt, completion, cached, created);
    }
}
