package io.kvasir.extproc;

import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.route.RetryAfter;
import org.jspecify.annotations.Nullable;

/**
 * What a response's headers tell.
 *
 * @param status HTTP status, 0 if the proxy does not send it
 * @param events whether the body is an event stream
 * @param text whether the body is plain text
 * @param encoded whether the body is compressed
 * @param measured whether the headers tell the body's length
 * @param type content type, null if the proxy does not send it
 * @param retryAfter seconds after which to try again, 0 where nobody said
 */
record ResponseHead(
        int status,
        boolean events,
        boolean text,
        boolean encoded,
        boolean measured,
        @Nullable String type,
        double retryAfter) {
    static ResponseHead of(ProxyMessage.Headers message) {
        int status = 0;
        boolean events = false;
        boolean text = false;
        boolean encoded = false;
        boolean measured = false;
        String type = null;
        double retryAfter = 0;
        var headers = message.headers().getHeaders().getHeadersList();
        for (int i = 0; i < headers.size(); i++) {
            var header = headers.get(i);
            switch (header.getKey()) {
                case ":status" -> status = number(RequestHead.value(header));
                case "content-type" -> {
                    type = RequestHead.value(header);
                    events = type.startsWith("text/event-stream");
                    text = type.startsWith("text/plain");
                }
                case "retry-after" -> retryAfter = RetryAfter.seconds(RequestHead.value(header));
                case "content-length" -> measured = true;
                case "content-encoding" -> encoded = !RequestHead.value(header).equals("identity");
                default -> {}
            }
        }
        return new ResponseHead(status, events, text, encoded, measured, type, retryAfter);
    }

    private static int number(String text) {
        int number = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9' || i > 2) {
                return 0;
            }
            number = number * 10 + c - '0';
        }
        return number;
    }
}
