package io.kvasir.token;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What vLLM (0.32) does with developers' messages for a template that does not know of developers ({@code renderers/hf.py}):
 * they are the system's, and all that the system says is one message in front.
 */
final class DeveloperMessages {
    private static final String ROLE = "role";
    private static final String CONTENT = "content";
    private static final String SYSTEM = "system";
    private static final String DEVELOPER = "developer";

    private DeveloperMessages() {}

    /** Whether a template knows of developers. */
    static boolean areKnownTo(String source) {
        return source.contains("\"developer\"") || source.contains("'developer'");
    }

    /** The messages without any of a developer; the same where there is none. */
    static List<?> asSystems(List<?> messages) {
        if (messages.stream().noneMatch(each -> isOf(DEVELOPER, each))) {
            return messages;
        }
        var all = new ArrayList<Object>();
        var said = new ArrayList<String>();
        boolean inFront = true;
        for (int i = 0; i < messages.size(); i++) {
            var message = JsonTree.members(messages.get(i));
            if (isOf(DEVELOPER, message) || isOf(SYSTEM, message)) {
                inFront &= i == 0;
                String text = text(message.get(CONTENT));
                if (!text.isEmpty()) {
                    said.add(text);
                }
            } else {
                all.add(message);
            }
        }
        var system = new LinkedHashMap<String, Object>();
        if (inFront) {
            system.putAll(JsonTree.members(messages.getFirst()));
        }
        system.put(ROLE, SYSTEM);
        if (!inFront) {
            system.put(CONTENT, String.join("\n\n", said));
        }
        all.addFirst(system);
        return all;
    }

    private static boolean isOf(String role, Object message) {
        return role.equals(JsonTree.members(message).get(ROLE));
    }

    private static String text(@Nullable Object content) {
        if (content instanceof List<?> parts) {
            var texts = new ArrayList<String>();
            for (Object part : parts) {
                if (part instanceof String text) {
                    texts.add(text);
                } else if (part instanceof Map<?, ?> members && members.get("text") instanceof String text) {
                    texts.add(text);
                }
            }
            return String.join("\n", texts);
        }
        return content instanceof String text ? text : "";
    }
}
