package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HeaderValueOption;
import io.kvasir.observe.AnswerHeaders;
import io.kvasir.request.StreamedModelEdit;
import io.kvasir.request.StreamedModelEdit.Format;
import io.kvasir.schedule.SessionToken;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The response direction of one stream: independent of the request's, for a response may come before the request is
 * complete. What comes goes on at once, and is read for the books in passing; where the request's model was replaced, the
 * client's name for it is put back. It may begin with a body or with trailers, where the proxy was told to skip what comes
 * before.
 */
final class ResponsePhase {
    private static final byte[] NOTHING = {};

    private final ProcessorStream stream;
    private final BodyMode mode;
    private final boolean told;
    private @Nullable StreamedModelEdit edit;
    private boolean measured;
    private boolean headed;
    private boolean begun;
    private boolean ended;
    private boolean trailed;
    private boolean bodied;
    private boolean cut;

    /** @param told whether the proxy named the mode; else it is assumed */
    ResponsePhase(ProcessorStream stream, BodyMode mode, boolean told) {
        this.stream = stream;
        this.mode = mode;
        this.told = told;
    }

    boolean ended() {
        return ended;
    }

    /**
     * Whether more of this response may go by unshown, so that the end of the stream says nothing of its end: the proxy said
     * that it shows no body, or only the beginning of one, or it said nothing and has shown none.
     */
    boolean unshown() {
        return headed && !ended && (mode == BodyMode.NONE || cut || (!told && !bodied));
    }

    void headers(ProxyMessage.Headers message) {
        if (headed || begun || ended) {
            stream.outOfOrder("the response's headers");
            return;
        }
        headed = true;
        var head = ResponseHead.of(message);
        measured = head.measured();
        var served = Served.read(message.metadata(), stream.settings());
        var booking = stream.books().booking();
        if (served != null
                && booking != null
                && stream.context().router().profiles().dataParallelPort() == 0
                && !served.equals(booking.endpoint().hostPort())) {
            stream.count(StreamEvent.SERVED_ELSEWHERE);
            booking.servedElsewhere();
        }
        stream.books().head(head.status(), head.events(), !head.encoded(), head.text(), head.retryAfter());
        boolean end = message.headers().getEndOfStream();
        if (!end) {
            begin(head);
            if (mode == BodyMode.NONE) {
                stream.count(StreamEvent.RESPONSE_NOT_SHOWN);
                stream.books().unshown();
            }
        }
        stream.out().send(answer(served));
        if (end) {
            end();
        }
    }

    /** @param head null where the proxy sends none */
    private void begin(@Nullable ResponseHead head) {
        begun = true;
        String model = stream.clientModel();
        if (model == null || mode == BodyMode.NONE) {
            return;
        }
        var format = head == null ? Format.UNTOLD : Format.of(head.type());
        if (head != null && head.encoded()) {
            stream.count(StreamEvent.MODEL_NOT_RESTORED);
        } else if (format != null) {
            edit = StreamedModelEdit.ofAnswer(model, format);
        }
    }

    private PickerMessage answer(@Nullable String served) {
        var added = added(served);
        // of a buffered body the length is corrected with the body
        boolean lengthChanges = edit != null && mode != BodyMode.BUFFERED;
        return added.isEmpty() && !lengthChanges
                ? PickerMessage.headersPass(Direction.RESPONSE)
                : Answers.responseHeaders(lengthChanges, added);
    }

    private List<HeaderValueOption> added(@Nullable String served) {
        var booking = stream.books().booking();
        var tokens = stream.context().router().profiles().tokenHeaders();
        if (tokens.isEmpty()
                && !stream.settings().conformance()
                && !stream.settings().explain()) {
            return List.of();
        }
        var added = new ArrayList<HeaderValueOption>();
        if (booking != null) {
            tokens.forEach(header -> added.add(Answers.header(header, SessionToken.of(booking.endpoint()))));
            if (stream.settings().explain()) {
                AnswerHeaders.of(booking, (name, value) -> added.add(Answers.header(name, value)));
            }
        }
        if (stream.settings().conformance()) {
            added.add(Answers.header(
                    Names.TEST_SERVED, served == null ? "fail: missing destination endpoint served" : served));
        }
        return added;
    }

    void body(ProxyMessage.Body body) {
        if (ended) {
            stream.count(StreamEvent.REPEATED_END);
            if (mode != BodyMode.FULL_DUPLEX) {
                stream.out().send(PickerMessage.bodyPasses(Direction.RESPONSE));
            }
            return;
        }
        bodied = true;
        // of a body beyond the proxy's buffer nothing follows its beginning
        cut |= mode == BodyMode.BUFFERED_PARTIAL && !body.end();
        stream.books().body(body.array(), body.offset(), body.length());
        if (!begun) {
            begin(null);
        }
        byte[] edited = edit == null ? null : edited(edit, body);
        if (edited != null) {
            sendEdited(edited, body.end());
        } else if (mode == BodyMode.FULL_DUPLEX) {
            stream.out().sendBody(Direction.RESPONSE, body.array(), body.offset(), body.length(), body.end());
        } else {
            stream.out().send(PickerMessage.bodyPasses(Direction.RESPONSE));
        }
        if (body.end()) {
            end();
        }
    }

    private byte @Nullable [] edited(StreamedModelEdit editing, ProxyMessage.Body body) {
        boolean before = editing.replaced() != null;
        // of a buffered body there is one message; where the proxy cut it, the rest is not shown
        boolean last = body.end() || mode == BodyMode.BUFFERED || mode == BodyMode.BUFFERED_PARTIAL;
        byte[] edited = editing.edit(body.array(), body.offset(), body.length(), last);
        if (!before && editing.replaced() != null) {
            stream.count(StreamEvent.MODEL_RESTORED);
        }
        return edited;
    }

    private void sendEdited(byte[] edited, boolean end) {
        if (mode != BodyMode.FULL_DUPLEX) {
            stream.out().send(Answers.replacedBody(Direction.RESPONSE, edited, measured && mode == BodyMode.BUFFERED));
        } else if (edited.length > 0 || end) {
            stream.out().sendBody(Direction.RESPONSE, edited, 0, edited.length, end);
        }
    }

    void trailers() {
        if (ended) {
            stream.count(StreamEvent.OUT_OF_ORDER);
        }
        if (trailed) {
            return;
        }
        trailed = true;
        if (edit != null && !ended && mode == BodyMode.FULL_DUPLEX) {
            byte[] rest = edit.edit(NOTHING, 0, 0, true);
            if (rest != null) {
                sendEdited(rest, false);
            }
        }
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
