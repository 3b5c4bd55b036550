package io.kvasir.discovery.kubernetes;

/** A watch ended as soon as it began, and nobody said why. */
final class EndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EndedException() {
        super("a watch ended as soon as it began", null, false, false);
    }
}
