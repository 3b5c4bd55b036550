package io.kvasir.extproc.wire;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A message on its way out. gRPC drains it straight into the buffer of the connection; nobody reads it byte by byte. */
abstract class OutgoingStream extends InputStream implements Drainable, KnownLength {
    private int left;
    private byte[] drained = {};

    OutgoingStream(int length) {
        left = length;
    }

    /** Writes the whole message. */
    abstract void writeTo(OutputStream out) throws IOException;

    @Override
    public final int drainTo(OutputStream target) throws IOException {
        int length = left;
        left = 0;
        writeTo(target);
        return length;
    }

    @Override
    public final int available() {
        return left;
    }

    @Override
    public final int read() throws IOException {
        if (left == 0) {
            return -1;
        }
        if (drained.length == 0) {
            var bytes = new ByteArrayOutputStream(left);
            writeTo(bytes);
            drained = bytes.toByteArray();
        }
        return drained[drained.length - left--] & 0xFF;
    }
}
