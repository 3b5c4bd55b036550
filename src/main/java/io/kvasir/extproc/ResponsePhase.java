package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HeaderValueOption;
import org.jspecify.annotations.Nullable;

/**
 * The response direction of one stream: independent of the request's, for a response may come before the request is
 * complete. Nothing is held: what comes goes on at once, and is read for the books in passing. It may begin with a body or
 * with trailers, where the proxy was told to skip what comes before.
 */
final class ResponsePhase {
    private final ProcessorStream stream;
    private final boolean duplex;
    private boolean ended;

    ResponsePhase(ProcessorStream stream, BodyMode mode) {
        this.stream = stream;
        duplex = mode == BodyMode.FULL_DUPLEX;
    }

    boolean ended() {
        return ended;
    }

    void headers(ProxyMessage.Headers message) {
        var head = ResponseHead.of(message);
        stream.books().head(head.status(), head.events(), !head.encoded(), head.text());
        var served = Served.read(message.metadata(), stream.settings());
        var booking = stream.books().booking();
        if (served != null
                && booking != null
                && !served.equals(booking.endpoint().hostPort())) {
            stream.count(StreamEvent.SERVED_ELSEWHERE);
        }
        stream.out().send(answer(served));
        if (message.headers().getEndOfStream()) {
            end();
        }
    }

    private PickerMessage answer(@Nullable String served) {
        HeaderValueOption verified = stream.settings().conformance()
                ? Answers.header(
                        Names.TEST_SERVED, served == null ? "fail: missing destination endpoint served" : served)
                : null;
        return verified == null
                ? PickerMessage.headersPass(Direction.RESPONSE)
                : Answers.responseHeaders(false, verified);
    }

    void body(ProxyMessage.Body body) {
        if (ended) {
            stream.count(StreamEvent.REPEATED_END);
            if (!duplex) {
                stream.out().send(PickerMessage.bodyPasses(Direction.RESPONSE));
            }
            return;
        }
        stream.books().body(body.array(), body.offset(), body.length());
        if (duplex) {
            stream.out().sendBody(Direction.RESPONSE, body.array(), body.offset(), body.length(), body.end());
        } else {
            stream.out().send(PickerMessage.bodyPasses(Direction.RESPONSE));
        }
        if (body.end()) {
            end();
        }
    }

    void trailers() {
        stream.out().send(PickerMessage.trailersPass(Direction.RESPONSE));
        if (!ended) {
            end();
        }
    }

    private void end() {
        ended = true;
        stream.books().end();
    }
}
