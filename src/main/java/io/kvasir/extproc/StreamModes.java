package io.kvasir.extproc;

import io.kvasir.extproc.wire.ProxyMessage;
import org.jboss.logging.Logger;

/** How bodies of one stream come: as the proxy says with its first message, else as an operator assumes. */
final class StreamModes {
    private static final Logger LOG = Logger.getLogger(StreamModes.class);

    private final ExtProcCounts counts;
    private BodyMode request;
    private BodyMode response;
    private boolean begun;
    private boolean assumed;

    /** @param assumed for proxies that do not say */
    StreamModes(BodyMode assumed, ExtProcCounts counts) {
        this.counts = counts;
        request = assumed;
        response = assumed;
    }

    /** Headers have come: modes come with the first message or never. */
    void begin(ProxyMessage.Headers headers) {
        if (begun) {
            return;
        }
        begun = true;
        var modes = headers.modes();
        if (modes == null) {
            assumed = true;
            counts.count(StreamEvent.MODE_ASSUMED);
            return;
        }
        request = BodyMode.of(modes.getRequestBodyMode());
        response = BodyMode.of(modes.getResponseBodyMode());
        if (!BodyMode.known(modes.getRequestBodyMode()) || !BodyMode.known(modes.getResponseBodyMode())) {
            counts.count(StreamEvent.UNKNOWN_MODE);
        }
    }

    BodyMode request() {
        return request;
    }

    BodyMode response() {
        return response;
    }

    /** Whether the proxy did not say. */
    boolean assumed() {
        return assumed;
    }

    /** Whether the proxy said that it shows no body of the response. */
    boolean responseUnshown() {
        return begun && !assumed && response == BodyMode.NONE;
    }

    /** A proxy that waits for the answer to its headers gives up after its message timeout: the only sign of it. */
    void doubt() {
        if (!assumed) {
            return;
        }
        if (counts.of(StreamEvent.MODE_DOUBTED) == 0) {
            LOG.warn("a gateway that does not tell its body mode sent headers and no body, then gave up;"
                    + " if it buffers bodies, set --assumed-body-mode");
        }
        counts.count(StreamEvent.MODE_DOUBTED);
    }
}
