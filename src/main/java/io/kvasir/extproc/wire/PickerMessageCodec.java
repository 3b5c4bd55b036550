package io.kvasir.extproc.wire;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import java.io.IOException;
import java.io.InputStream;

/** Writes the picker's messages; reads them for clients in this process. */
final class PickerMessageCodec implements MethodDescriptor.Marshaller<PickerMessage> {
    @Override
    public InputStream stream(PickerMessage value) {
        return value instanceof PickerMessage.Chunk chunk
                ? new ChunkStream(chunk)
                : new BuiltStream(((PickerMessage.Built) value).response());
    }

    /** For clients in this process. A chunk comes back as a generated message. */
    @Override
    public PickerMessage parse(InputStream stream) {
        try {
            return new PickerMessage.Built(ProcessingResponse.parseFrom(stream));
        } catch (IOException e) {
            throw Status.INTERNAL
                    .withDescription("not an answer of the external processing protocol: " + e.getMessage())
                    .withCause(e)
                    .asRuntimeException();
        }
    }
}
