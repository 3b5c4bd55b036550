package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/**
 * The session inside {@code metadata.user_id} of Anthropic's dialect, where Claude Code puts it: as a member of a JSON
 * object, or in its older form at the end of {@code user_…_session_<uuid>}.
 */
final class AgentSession {
    private static final String MEMBER = "\"session_id\"";
    private static final String MARK = "_session_";

    private AgentSession() {}

    /** The session; null where the user's name holds none. */
    static @Nullable String of(@Nullable String user) {
        if (user == null) {
            return null;
        }
        if (user.startsWith("{")) {
            return member(user);
        }
        int mark = user.startsWith("user_") ? user.lastIndexOf(MARK) : -1;
        return mark < 0 ? null : some(user.substring(mark + MARK.length()));
    }

    private static @Nullable String member(String object) {
        int name = object.indexOf(MEMBER);
        if (name < 0) {
            return null;
        }
        int at = skip(object, name + MEMBER.length());
        if (at >= object.length() || object.charAt(at) != ':') {
            return null;
        }
        at = skip(object, at + 1);
        if (at >= object.length() || object.charAt(at) != '"') {
            return null;
        }
        int end = object.indexOf('"', at + 1);
        return end < 0 ? null : some(object.substring(at + 1, end));
    }

    private static int skip(String text, int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static @Nullable String some(String session) {
        return session.isEmpty() ? null : session;
    }
}
