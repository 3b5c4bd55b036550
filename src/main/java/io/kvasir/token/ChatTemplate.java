package io.kvasir.token;

import io.kvasir.token.jinja.JinjaTemplate;
import io.kvasir.token.jinja.TemplateException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A model's chat template: renders chat completion requests as the engine does. From any thread. */
final class ChatTemplate {
    private static final Pattern GOES_OVER_PARTS =
            Pattern.compile("for\\s+\\w+\\s+in\\s+\\w+(\\.content|\\[\\s*['\"]content['\"]\\s*])");

    private final JinjaTemplate plain;
    private final @Nullable JinjaTemplate withTools;
    private final ChatVariables variables;
    private final Map<String, Object> specials;
    /** Whether the model speaks in channels, for which engines render some APIs without its template. */
    private final boolean channels;

    private final boolean plainKnowsDevelopers;
    private final boolean toolsKnowDevelopers;

    private volatile @Nullable TemplateHabits habits;

    /**
     * @param source of the template
     * @param toolSource of the one for requests with tools, where that is another; null where not
     * @param specials the names of special tokens, such as {@code bos_token}
     * @throws TemplateException where a template has something in it that is not known
     */
    ChatTemplate(String source, @Nullable String toolSource, Map<String, Object> specials) {
        plain = JinjaTemplate.parse(source);
        withTools = toolSource == null ? null : JinjaTemplate.parse(toolSource);
        variables = new ChatVariables(GOES_OVER_PARTS.matcher(source).find());
        this.specials = specials;
        channels = source.contains("<|channel|>");
        plainKnowsDevelopers = DeveloperMessages.areKnownTo(source);
        toolsKnowDevelopers = toolSource != null && DeveloperMessages.areKnownTo(toolSource);
    }

    boolean hasChannels() {
        return channels;
    }

    /** What an engine finds when it tries this template; tried once it is asked for. */
    TemplateHabits habits() {
        var known = habits;
        if (known == null) {
            known = TemplateHabits.of(this, withTools == null ? List.of(plain) : List.of(plain, withTools));
            habits = known;
        }
        return known;
    }

    /**
     * @param most characters that the prompt may have
     * @param expected characters that it will have, about
     * @throws UntoldException where the template does not take the request, or what the engine does with it is not known
     */
    String render(Map<String, Object> body, int most, int expected) throws UntoldException {
        var all = new HashMap<>(specials);
        all.putAll(variables.of(body));
        boolean hasTools = withTools != null && all.get("tools") instanceof List;
        var template = withTools != null && hasTools ? withTools : plain;
        if (!(hasTools ? toolsKnowDevelopers : plainKnowsDevelopers)) {
            all.put("messages", DeveloperMessages.asSystems(JsonTree.elements(all.get("messages"))));
        }
        try {
            return template.render(all, most, expected);
        } catch (TemplateException e) {
            throw new UntoldException(TokenGap.REFUSED, String.valueOf(e.getMessage()));
        }
    }
}
