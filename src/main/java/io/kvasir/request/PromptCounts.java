package io.kvasir.request;

import java.util.List;

/**
 * What the prompts of one body are made of, as counted while it was read.
 *
 * @param prompts independent prompts, 1 for chat and 0 where none was found
 * @param messages chat messages
 * @param mediaParts images, sounds and the like
 * @param bytes of content, unescaped: text, roles, tool calls and preamble, media apart
 * @param tokenIds tokens given as ids
 * @param longestBytes of the longest single prompt of a list
 * @param longestTokenIds of the longest single prompt of a list
 * @param repeatedBytes of prompts of a list that equal an earlier one
 * @param repeatedTokenIds of prompts of a list that equal an earlier one
 * @param media a digest of each of the first {@value #MOST_MEDIA} media parts, in their order; equal parts have equal ones
 * @param truncation tokens that the client has each prompt cut to ({@code truncate_prompt_tokens}); 0 for none, -1 for
 *     what the model takes
 */
public record PromptCounts(
        int prompts,
        int messages,
        int mediaParts,
        long bytes,
        long tokenIds,
        long longestBytes,
        long longestTokenIds,
        long repeatedBytes,
        long repeatedTokenIds,
        List<Long> media,
        int truncation) {

    /** Media parts that are told apart. */
    public static final int MOST_MEDIA = 64;

    /** Nothing was found. */
    public static final PromptCounts NONE = new PromptCounts(0, 0, 0, 0, 0, 0, 0, 0, 0, List.of(), 0);

    public PromptCounts {
        media = List.copyOf(media);
    }

    /** Bytes of text that an estimate takes for one token before engines have said better. */
    public static final double BYTES_PER_TOKEN = 4;

    /** Tokens that one media part is taken for; what an image costs an engine, in the order of magnitude. */
    public static final int MEDIA_TOKENS = 256;

    /**
     * Tokens that chat templates put around each message beside its role: ChatML's start and end marks and its two line
     * breaks.
     */
    public static final int MESSAGE_TOKENS = 4;

    /** Whether there is nothing but token ids. */
    public boolean exact() {
        return tokenIds > 0 && bytes == 0 && mediaParts == 0;
    }

    /** Tokens of all prompts together, estimated where they are not given as ids. */
    public long tokens(double bytesPerToken) {
        long all = tokenIds + text(bytes, bytesPerToken) + unwritten();
        return truncation > 0 ? Math.min(all, (long) truncation * Math.max(1, prompts)) : all;
    }

    /** Tokens of the longest prompt, estimated where it is not given as ids: what must fit into a context. */
    public long longestTokens(double bytesPerToken) {
        long longest = prompts <= 1
                ? tokenIds + text(bytes, bytesPerToken) + unwritten()
                : Math.max(longestTokenIds, text(longestBytes, bytesPerToken));
        return truncation < 0 ? Math.min(longest, 1) : truncation > 0 ? Math.min(longest, truncation) : longest;
    }

    /** Share of its tokens, 0 to 1, that stand in prompts of a list that equal an earlier one: engines compute them once. */
    public double repeatedShare() {
        double all = tokenIds + bytes / BYTES_PER_TOKEN;
        return all > 0 ? (repeatedTokenIds + repeatedBytes / BYTES_PER_TOKEN) / all : 0;
    }

    /** Tokens that come of no text: of media, and around messages. */
    public long unwritten() {
        return (long) MEDIA_TOKENS * mediaParts + (long) MESSAGE_TOKENS * messages;
    }

    private static long text(long bytes, double bytesPerToken) {
        return (long) Math.ceil(bytes / bytesPerToken);
    }
}
