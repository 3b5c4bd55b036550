package io.kvasir.token;

import io.kvasir.request.Request;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prompt whose token ids are wanted.
 *
 * @param model that the request goes to
 * @param subset the only {@code ip:port} that may see it; null for any
 * @param body the request's whole, in pieces that nobody writes to while the ids are looked for; null where it is not held
 */
public record TextPrompt(
        String model,
        Request request,
        @Nullable List<String> subset,
        @Nullable List<ByteBuffer> body) {
    /** Bytes of the body; 0 where it is not held. */
    long length() {
        long length = 0;
        for (ByteBuffer piece : body == null ? List.<ByteBuffer>of() : body) {
            length += piece.remaining();
        }
        return length;
    }

    /** Bytes of the body, copied together. */
    byte[] bytes() {
        var pieces = body == null ? List.<ByteBuffer>of() : body;
        byte[] all = new byte[Math.toIntExact(length())];
        int at = 0;
        for (ByteBuffer piece : pieces) {
            int n = piece.remaining();
            piece.get(piece.position(), all, at, n);
            at += n;
        }
        return all;
    }
}
