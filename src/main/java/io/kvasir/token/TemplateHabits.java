package io.kvasir.token;

import io.kvasir.token.jinja.JinjaTemplate;
import io.kvasir.token.jinja.TemplateException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What vLLM (0.32) tries at a chat template before it makes chats of Anthropic's messages ({@code
 * anthropic/serving.py}).
 *
 * @param mergesSystem whether what the system says later is put into its first message, as the template takes no other
 * @param disabledEffort what is asked for as effort where thinking is disabled
 */
record TemplateHabits(boolean mergesSystem, String disabledEffort) {
    /** Of a template that takes anything. */
    static final TemplateHabits USUAL = new TemplateHabits(false, "none");

    private static final String NONE = "none";
    private static final String LEAST = "low";
    private static final List<String> EFFORTS = List.of(LEAST, "medium", "high", "xhigh", "max");
    private static final int MOST = 1 << 20;
    private static final int EXPECTED = 1 << 10;

    /** Tries templates, all those that the model has. */
    static TemplateHabits of(ChatTemplate chats, List<JinjaTemplate> templates) {
        boolean merges = templates.stream().anyMatch(template -> !takesSystemLater(template));
        String none = prompt(chats, NONE);
        boolean ignored = none == null || EFFORTS.stream().anyMatch(effort -> none.equals(prompt(chats, effort)));
        return new TemplateHabits(merges, ignored ? LEAST : NONE);
    }

    private static boolean takesSystemLater(JinjaTemplate template) {
        var messages = new ArrayList<Object>();
        for (String role : List.of("system", "user", "system", "user")) {
            messages.add(ChatMessage.of(role, "t"));
        }
        var variables = new HashMap<String, Object>();
        variables.put("messages", messages);
        variables.put("add_generation_prompt", false);
        try {
            template.render(variables, MOST);
            return true;
        } catch (TemplateException e) {
            return false;
        }
    }

    /** Null where the template does not take it. */
    private static @Nullable String prompt(ChatTemplate chats, String effort) {
        var request = new HashMap<String, Object>();
        request.put("messages", List.of(ChatMessage.of("user", "Hi")));
        request.put("reasoning_effort", effort);
        try {
            return chats.render(request, MOST, EXPECTED);
        } catch (UntoldException e) {
            return null;
        }
    }
}
