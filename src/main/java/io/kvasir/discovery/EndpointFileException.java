package io.kvasir.discovery;

/** An endpoint file cannot be used. The message is one line: file, line, key, the bad value and what is allowed. */
public final class EndpointFileException extends Exception {
    private static final long serialVersionUID = 1;
    private static final int SHOWN = 80;

    EndpointFileException(String message) {
        super(message);
    }

    static EndpointFileException at(String file, int line, String problem) {
        return new EndpointFileException(file + ":" + line + ": " + problem);
    }

    /** A value as it may stand in a message: in quotes, on one line, not too long. */
    static String shown(String value) {
        var text = new StringBuilder("\"");
        for (int i = 0; i < Math.min(value.length(), SHOWN); i++) {
            char c = value.charAt(i);
            if (c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029) {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.append(value.length() > SHOWN ? "…\"" : "\"").toString();
    }
}
