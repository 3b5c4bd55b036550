package io.kvasir.request;

import java.util.Locale;

/**
 * Recognises an engine's refusal of a request that is longer than it can hold, by the words that engines use: vLLM, SGLang,
 * TensorRT-LLM, llama.cpp, TGI and the hosted APIs. Such a request was not begun.
 */
public final class ContextError {
    private static final String[] WORDS = {
        "maximum context length",
        "context_length_exceeded",
        "model's context length",
        "maximum model length",
        "max_model_len",
        "max_seq_len",
        "max_num_tokens",
        "max_input_len",
        "maximum input length",
        "maximum prompt length",
        "longer than the maximum",
        "exceeds the maximum length",
        "maximum allowed length",
        "prompt is too long",
        "available context size",
        "exceed_context_size",
        "context window",
        "max_new_tokens` must be <=",
    };

    /** Behind these the text says how many tokens fit. */
    private static final String[] LIMITS = {
        "maximum context length is ",
        "maximum context length of ",
        "maximum model length of ",
        "model's context length (",
        "max_model_len (",
        "max_model_len=",
        "max_num_tokens (",
        "max_num_tokens(",
        "max_seq_len (",
        "max_seq_len(",
        "max_new_tokens` must be <= ",
    };

    private ContextError() {}

    /** Whether an answer of that status with that body is such a refusal. */
    public static boolean is(int httpStatus, String body) {
        if (!possible(httpStatus)) {
            return false;
        }
        String text = body.toLowerCase(Locale.ROOT);
        for (String word : WORDS) {
            if (text.contains(word)) {
                return true;
            }
        }
        return false;
    }

    /** Whether an answer of that status could be such a refusal. */
    public static boolean possible(int httpStatus) {
        return httpStatus == 400 || httpStatus == 413 || httpStatus == 422;
    }

    /** How many tokens the body says that fit; 0 where it does not say. */
    public static int limit(String body) {
        String text = body.toLowerCase(Locale.ROOT);
        for (String word : LIMITS) {
            int at = text.indexOf(word);
            if (at >= 0) {
                int from = at + word.length();
                long number = 0;
                int end = from;
                while (end < text.length() && end - from < 10 && digit(text.charAt(end))) {
                    if (text.charAt(end) != ',') {
                        number = number * 10 + text.charAt(end) - '0';
                    }
                    end++;
                }
                if (number > 0) {
                    return (int) Math.min(Integer.MAX_VALUE, number);
                }
            }
        }
        return 0;
    }

    private static boolean digit(char c) {
        return c >= '0' && c <= '9' || c == ',';
    }
}
