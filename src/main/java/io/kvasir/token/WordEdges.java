package io.kvasir.token;

import io.kvasir.token.jinja.Nothing;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a tokenizer cuts every text, whatever stands before and behind: before a space or tab behind a visible ASCII
 * character, and before a line end behind an ASCII letter or digit. So do all that cut by an expression made of {@link
 * #PARTS}, none of which looks back, or has white space behind something else but line ends behind punctuation.
 */
final class WordEdges {
    private static final String ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

    /** Without it white space may be left to what stands around. */
    private static final String SPACE = "\\s+";

    /** Of the expressions of GPT-2, GPT-4, GPT-4o and what is made after them, such as Llama 3, Qwen and Mistral. */
    private static final Set<String> PARTS = Set.of(
            ENDINGS,
            "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+",
            "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+",
            "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER + "*",
            "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+" + ENDINGS + "?",
            "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER + "*" + ENDINGS + "?",
            "\\p{N}",
            "\\p{N}{1,3}",
            " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*",
            " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*",
            "\\s*[\\r\\n]+",
            "\\s*[\\r\\n]",
            "\\s+(?!\\S)",
            SPACE);

    private WordEdges() {}

    /** Whether a text is cut before the character at a place behind the first. */
    static boolean isEdge(String text, int at) {
        char behind = text.charAt(at);
        if (behind > ' ') {
            return false;
        }
        char before = text.charAt(at - 1);
        return switch (behind) {
            case ' ', '\t' -> before > ' ' && before < 0x7F;
            case '\n', '\r' ->
                before >= 'a' && before <= 'z' || before >= 'A' && before <= 'Z' || before >= '0' && before <= '9';
            default -> false;
        };
    }

    /**
     * Whether a tokenizer cuts texts there.
     *
     * @param tokenizer the members {@code normalizer} and {@code pre_tokenizer} of a {@code tokenizer.json}
     */
    static boolean areOf(Map<String, Object> tokenizer) {
        return keepsEdges(tokenizer.get("normalizer")) && cuts(JsonTree.members(tokenizer.get("pre_tokenizer")));
    }

    /** White space composes with nothing before it. */
    private static boolean keepsEdges(@Nullable Object normalizer) {
        return normalizer == null
                || normalizer == Nothing.NONE
                || "NFC".equals(JsonTree.members(normalizer).get("type"));
    }

    private static boolean cuts(Map<String, Object> first) {
        if ("ByteLevel".equals(first.get("type"))) {
            return Boolean.FALSE.equals(first.get("add_prefix_space")) && !Boolean.FALSE.equals(first.get("use_regex"));
        }
        List<?> steps = JsonTree.elements(first.get("pretokenizers"));
        if (!"Sequence".equals(first.get("type")) || steps.size() != 2) {
            return false;
        }
        var split = JsonTree.members(steps.get(0));
        var bytes = JsonTree.members(steps.get(1));
        return "Split".equals(split.get("type"))
                && "Isolated".equals(split.get("behavior"))
                && !Boolean.TRUE.equals(split.get("invert"))
                && JsonTree.members(split.get("pattern")).get("Regex") instanceof String expression
                && isOfParts(expression)
                && "ByteLevel".equals(bytes.get("type"))
                && Boolean.FALSE.equals(bytes.get("add_prefix_space"))
                && Boolean.FALSE.equals(bytes.get("use_regex"));
    }

    private static boolean isOfParts(String expression) {
        int depth = 0;
        int from = 0;
        boolean takesSpace = false;
        for (int at = 0; at <= expression.length(); at++) {
            boolean end = at == expression.length();
            char c = end ? '|' : expression.charAt(at);
            if (end || c == '|' && depth == 0) {
                String part = expression.substring(from, at);
                if (!PARTS.contains(part)) {
                    return false;
                }
                takesSpace |= part.equals(SPACE);
                from = at + 1;
            }
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        }
        return takesSpace;
    }
}
