package io.kvasir.route;

/** What the status of an answer says of the endpoint that gave it. */
enum Evidence {
    SERVED,
    /** It may be the endpoint's fault, or the request's: its peers tell. */
    FAILED,
    /** It is too busy to take the request, which it has not begun. */
    PRESSED,
    /** It does not know the key or the model, which others may. */
    REFUSED,
    /** It answered, and what is wrong is the request's, or is not served by any. */
    NEUTRAL;

    static Evidence of(int httpStatus) {
        if (httpStatus < 400) {
            return SERVED;
        }
        return switch (httpStatus) {
            case 429, 503 -> PRESSED;
            case 401, 403, 404 -> REFUSED;
            case 501, 505 -> NEUTRAL;
            default -> httpStatus >= 500 ? FAILED : NEUTRAL;
        };
    }
}
