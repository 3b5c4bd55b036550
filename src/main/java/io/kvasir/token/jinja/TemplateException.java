package io.kvasir.token.jinja;

/** A template that cannot be read, or a prompt that it cannot be rendered with; the message names the place or the reason. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public TemplateException(String message) {
        super(message);
    }
}
