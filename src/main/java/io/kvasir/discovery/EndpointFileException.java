package io.kvasir.discovery;

/** An endpoint file cannot be used. The message is one line: file, line, key, the bad value and what is allowed. */
public final class EndpointFileException extends Exception {
    private static final long serialVersionUID = 1;

    EndpointFileException(String message) {
        super(message);
    }

    static EndpointFileException at(String file, int line, String problem) {
        return new EndpointFileException(file + ":" + line + ": " + problem);
    }
}
