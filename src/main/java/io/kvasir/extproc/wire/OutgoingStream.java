package io.kvasir.extproc.wire;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** A message on its way out. gRPC drains it straight into the buffer of the connection; reading it copies it first. */
abstract class OutgoingStream extends InputStream implements Drainable, KnownLength {
    private final int length;
    private boolean drained;
    private @Nullable ByteArrayInputStream copy;

    OutgoingStream(int length) {
        this.length = length;
    }

    /** Writes the whole message. */
    abstract void writeTo(OutputStream out) throws IOException;

    @Override
    public final int drainTo(OutputStream target) throws IOException {
        if (copy != null || drained) {
            throw new IllegalStateException("a message is either drained, once, or read");
        }
        drained = true;
        writeTo(target);
        return length;
    }

    @Override
    public final int available() {
        return drained ? 0 : copy == null ? length : copy.available();
    }

    @Override
    public final int read() throws IOException {
        return copy().read();
    }

    @Override
    public final int read(byte[] target, int offset, int most) throws IOException {
        return copy().read(target, offset, most);
    }

    private ByteArrayInputStream copy() throws IOException {
        var in = copy;
        if (in == null) {
            var bytes = new ByteArrayOutputStream(length);
            writeTo(bytes);
            in = new ByteArrayInputStream(bytes.toByteArray());
            copy = in;
        }
        return in;
    }
}
