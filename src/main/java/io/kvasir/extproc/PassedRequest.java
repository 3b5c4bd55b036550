package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.StreamedModelEdit;
import org.jspecify.annotations.Nullable;

/**
 * A request that is decided by its headers, because the proxy sends no body, or sends it only after the headers are
 * answered, piece by piece. Each piece gets one answer, which says nothing unless the model's name in it is replaced.
 */
final class PassedRequest extends RequestPhase {
    private final BodyMode mode;
    private @Nullable StreamedModelEdit edit;

    PassedRequest(ProcessorStream stream, RequestHead head, BodyMode mode) {
        super(stream, head);
        this.mode = mode;
    }

    @Override
    void begin() {
        if (!head.end()) {
            stream.count(StreamEvent.DECIDED_AT_HEADERS);
            if (head.rewrite() != null && !head.tunnel()) {
                if (mode == BodyMode.STREAMED && !head.encoded()) {
                    edit = StreamedModelEdit.ofRequest(head.rewrite());
                } else {
                    stream.count(StreamEvent.MODEL_NOT_REWRITTEN);
                }
            }
        }
        decideAtHeaders(edit != null);
    }

    @Override
    void body(ProxyMessage.Body body) {
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
        ended();
        stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
    }

    @Override
    void halfClosed() {
        // the answer is out since the headers
    }

    @Override
    boolean holding() {
        return false;
    }

    @Override
    void abandon() {
        // nothing is held
    }
}
