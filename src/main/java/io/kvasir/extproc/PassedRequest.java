package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import io.kvasir.request.StreamedModelEdit;
import io.kvasir.route.Routing;
import org.jspecify.annotations.Nullable;

/**
 * A request that is decided by its headers, because the proxy sends no body, or sends it only after the headers are
 * answered, piece by piece. Each piece gets one answer, which says nothing unless the model's name in it is replaced.
 */
final class PassedRequest extends RequestPhase {
    private final BodyMode mode;
    private @Nullable StreamedModelEdit edit;
    private @Nullable LateBodies late;
    private boolean trailed;

    PassedRequest(ProcessorStream stream, RequestHead head, BodyMode mode) {
        super(stream, head);
        this.mode = mode;
    }

    @Override
    void begin() {
        if (head.end()) {
            // of proxies that send no bodies some may mean that nothing follows for us
            if (mode != BodyMode.NONE && refusedEmpty()) {
                return;
            }
        } else {
            stream.count(StreamEvent.DECIDED_AT_HEADERS);
            if (head.rewrite() != null && !head.tunnel()) {
                if (mode == BodyMode.STREAMED && !head.encoded()) {
                    edit = StreamedModelEdit.ofRequest(head.rewrite());
                } else {
                    stream.count(StreamEvent.MODEL_NOT_REWRITTEN);
                }
            }
        }
        decide(null, Request.withoutBody(Dialect.PASSTHROUGH), false, true);
    }

    @Override
    void routed(Routing.Decided routing) {
        var pick = pick(routing);
        if (pick == null) {
            return;
        }
        publish(Answers.pickAtHeaders(pick, head, stream.settings(), edit != null));
        if (late != null) {
            late.take().forEach(this::pass);
        }
        if (trailed) {
            trailers();
        }
    }

    @Override
    void body(ProxyMessage.Body body) {
        if (!waits()) {
            pass(body);
            return;
        }
        if (late == null) {
            late = new LateBodies(stream.context().budget(), stream.settings().streamBytes());
        }
        if (!late.add(body)) {
            stream.count(StreamEvent.DECIDED_EARLY);
            decideNow();
        }
    }

    private void pass(ProxyMessage.Body body) {
        var editing = edit;
        byte[] edited = editing == null ? null : editing.edit(body.array(), body.offset(), body.length(), body.end());
        if (editing != null) {
            stream.modelReplaced(editing.replaced());
        }
        stream.out()
                .send(
                        edited == null
                                ? PickerMessage.bodyPasses(Direction.REQUEST)
                                : Answers.replacedBody(Direction.REQUEST, edited, false));
        if (body.end()) {
            ended();
        }
    }

    private void ended() {
        if (edit != null) {
            stream.count(edit.replaced() == null ? StreamEvent.MODEL_NOT_REWRITTEN : StreamEvent.MODEL_REWRITTEN);
            edit = null;
        }
    }

    @Override
    void trailers() {
        if (waits()) {
            trailed = true;
            return;
        }
        ended();
        stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
    }

    @Override
    void halfClosed() {
        decideNow();
    }

    @Override
    boolean holding() {
        return waits();
    }

    @Override
    void drop() {
        if (late != null) {
            late.drop();
        }
    }
}
