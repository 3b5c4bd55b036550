package io.kvasir.access;

/** The API server reviewed nothing. */
final class ReviewException extends Exception {
    private static final long serialVersionUID = 1;

    private final Verdict verdict;

    /** @param message one line for the log */
    ReviewException(Verdict verdict, String message) {
        super(message, null, false, false);
        this.verdict = verdict;
    }

    /** What the client is told. */
    Verdict verdict() {
        return verdict;
    }
}
