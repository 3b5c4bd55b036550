package io.kvasir.token;

import java.util.LinkedHashMap;
import java.util.Map;

/** Messages of chats as templates get them. */
final class ChatMessage {
    private ChatMessage() {}

    /** One with content; others may add to it. */
    static Map<String, Object> of(String role, Object content) {
        return of(role, "content", content);
    }

    /** One with another member in place of content. */
    static Map<String, Object> of(String role, String member, Object value) {
        var message = new LinkedHashMap<String, Object>();
        message.put("role", role);
        message.put(member, value);
        return message;
    }
}
