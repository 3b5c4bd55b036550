package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;

/**
 * A request that is decided by its headers, because the proxy sends no body, or sends it only after the headers are
 * answered, piece by piece. Each piece gets one answer that says nothing.
 */
final class PassedRequest extends RequestPhase {
    PassedRequest(ProcessorStream stream, RequestHead head) {
        super(stream, head);
    }

    @Override
    void begin() {
        if (!head.end()) {
            stream.count(StreamEvent.DECIDED_AT_HEADERS);
        }
        decideAtHeaders();
    }

    @Override
    void body(ProxyMessage.Body body) {
        stream.out().send(PickerMessage.bodyPasses(Direction.REQUEST));
    }

    @Override
    void trailers() {
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
