package io.kvasir.token;

import io.kvasir.request.Dialect;
import io.kvasir.token.jinja.Nothing;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tokenizer of one model, and its chat template if it has one. From any thread that may be kept for milliseconds. */
public final class ModelTokenizer {
    /** Characters that a template may write besides what it makes of the request. */
    private static final int TEMPLATE = 1 << 20;
    /** Characters that a byte of the request may become: what is escaped or indented gets longer. */
    private static final int GROWTH = 8;

    private final PieceTokenizer tokenizer;
    private final @Nullable ChatTemplate template;

    ModelTokenizer(PieceTokenizer tokenizer, @Nullable ChatTemplate template) {
        this.tokenizer = tokenizer;
        this.template = template;
    }

    PieceTokenizer tokenizer() {
        return tokenizer;
    }

    /** Whether chats are known too. */
    public boolean knowsChats() {
        return template != null;
    }

    /**
     * The token ids of a request's prompt.
     *
     * @throws UntoldException where it does not know them
     */
    int[] tokens(Dialect dialect, byte[] body) throws UntoldException {
        Map<String, Object> request;
        try {
            request = JsonTree.members(JsonTree.parse(body));
        } catch (IllegalArgumentException e) {
            throw new UntoldException(TokenGap.NOT_TEXT, "the body is no JSON that is understood");
        }
        if (request.get("truncate_prompt_tokens") instanceof Long) {
            throw new UntoldException(TokenGap.NOT_TEXT, "truncate_prompt_tokens");
        }
        return switch (dialect) {
            case COMPLETIONS -> {
                if (request.get("prompt") instanceof String text) {
                    yield tokenizer.encode(text, !Boolean.FALSE.equals(request.get("add_special_tokens")));
                }
                throw new UntoldException(TokenGap.NOT_TEXT, "a list of prompts");
            }
            case CHAT_COMPLETIONS -> chat(request, body.length);
            case MESSAGES ->
                chat(
                        AnthropicChat.of(request, template == null ? TemplateHabits.USUAL : template.habits()),
                        body.length);
            case RESPONSES -> {
                if (template != null && template.hasChannels()) {
                    throw new UntoldException(TokenGap.OTHER_API, "a model that speaks in channels");
                }
                yield chat(ResponsesChat.of(request), body.length);
            }
            default -> throw new UntoldException(TokenGap.OTHER_API, dialect.name());
        };
    }

    /** @param length of the request, in bytes */
    private int[] chat(Map<String, Object> request, int length) throws UntoldException {
        if (template == null) {
            throw new UntoldException(TokenGap.NO_TEMPLATE, "no chat template");
        }
        return tokenizer.encode(
                template.render(request, TEMPLATE + GROWTH * length, length),
                request.getOrDefault("add_special_tokens", Nothing.NONE).equals(true));
    }
}
