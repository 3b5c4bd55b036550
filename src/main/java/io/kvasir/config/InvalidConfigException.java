package io.kvasir.config;

/** A configuration cannot be used. The message is one line: source, line, key, the bad value and what is allowed. */
public final class InvalidConfigException extends Exception {
    private static final long serialVersionUID = 1;

    InvalidConfigException(String message) {
        super(message);
    }

    /**
     * What is wrong in a document.
     *
     * @param source its file, or what else it came from
     * @param line from 1; 0 for what was not in the document, but put into it
     * @param problem in one line
     */
    public static InvalidConfigException at(String source, int line, String problem) {
        return new InvalidConfigException(source + (line > 0 ? ":" + line : "") + ": " + problem);
    }
}
