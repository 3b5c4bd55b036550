package io.kvasir.failure;

/** What somebody wrote, as it may stand in a message: in quotes, on one line, not too long. */
public final class ShownText {
    private static final int LONGEST = 80;

    private ShownText() {}

    /** The first 80 characters in quotes, those that would break the line or the terminal escaped. */
    public static String of(String written) {
        var text = new StringBuilder("\"");
        for (int i = 0; i < Math.min(written.length(), LONGEST); i++) {
            char c = written.charAt(i);
            if (c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029) {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.append(written.length() > LONGEST ? "…\"" : "\"").toString();
    }
}
