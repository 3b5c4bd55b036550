package io.kvasir.extproc.wire;

import io.kvasir.extproc.wire.proto.ProcessingResponse;
import java.io.IOException;
import java.io.OutputStream;

/** A generated message on its way out. */
final class BuiltStream extends OutgoingStream {
    private final ProcessingResponse response;

    BuiltStream(ProcessingResponse response) {
        super(response.getSerializedSize());
        this.response = response;
    }

    @Override
    void writeTo(OutputStream out) throws IOException {
        response.writeTo(out);
    }
}
