package io.kvasir.extproc.wire;

import io.kvasir.extproc.wire.proto.ProcessingResponse;
import java.io.IOException;
import java.io.OutputStream;

/**
 * A body chunk on its way out, as {@code ProcessingResponse.*_body.response.body_mutation.streamed_response}: five nested
 * messages of which each but the innermost holds nothing but the next, so their tags and lengths are written inside out
 * before the bytes, without building any of them.
 */
final class ChunkStream extends OutgoingStream {
    private static final int LENGTH_DELIMITED = 2;
    private static final int RESPONSE_TAG = 1 << 3 | LENGTH_DELIMITED;
    private static final int BODY_MUTATION_TAG = 3 << 3 | LENGTH_DELIMITED;
    private static final int STREAMED_TAG = 3 << 3 | LENGTH_DELIMITED;
    private static final int BODY_TAG = 1 << 3 | LENGTH_DELIMITED;
    private static final byte[] END = {2 << 3, 1};
    private static final int MOST_PREFIX = 5 * 6;

    private final PickerMessage.Chunk chunk;
    private final byte[] prefix;
    private final int start;

    ChunkStream(PickerMessage.Chunk chunk) {
        this(chunk, new byte[MOST_PREFIX]);
    }

    private ChunkStream(PickerMessage.Chunk chunk, byte[] prefix) {
        int start = writePrefix(chunk, prefix);
        super(prefix.length - start + chunk.length() + (chunk.end() ? END.length : 0));
        this.chunk = chunk;
        this.prefix = prefix;
        this.start = start;
    }

    /** Fills the array from its end. Returns where the prefix starts. */
    private static int writePrefix(PickerMessage.Chunk chunk, byte[] prefix) {
        int size = chunk.length() + (chunk.end() ? END.length : 0);
        int at = prefix.length;
        if (chunk.length() > 0) {
            at = writeField(prefix, at, BODY_TAG, chunk.length());
        }
        at = writeField(prefix, at, STREAMED_TAG, size + prefix.length - at);
        at = writeField(prefix, at, BODY_MUTATION_TAG, size + prefix.length - at);
        at = writeField(prefix, at, RESPONSE_TAG, size + prefix.length - at);
        int field = chunk.direction() == Direction.REQUEST
                ? ProcessingResponse.REQUEST_BODY_FIELD_NUMBER
                : ProcessingResponse.RESPONSE_BODY_FIELD_NUMBER;
        return writeField(prefix, at, field << 3 | LENGTH_DELIMITED, size + prefix.length - at);
    }

    private static int writeField(byte[] prefix, int end, int tag, int length) {
        int bytes = Math.max(1, (38 - Integer.numberOfLeadingZeros(length)) / 7);
        int at = end - bytes;
        int rest = length;
        for (int i = 0; i < bytes; i++) {
            prefix[at + i] = (byte) ((rest & 0x7F) | (i < bytes - 1 ? 0x80 : 0));
            rest >>>= 7;
        }
        prefix[at - 1] = (byte) tag;
        return at - 1;
    }

    @Override
    void writeTo(OutputStream out) throws IOException {
        out.write(prefix, start, prefix.length - start);
        out.write(chunk.array(), chunk.offset(), chunk.length());
        if (chunk.end()) {
            out.write(END, 0, END.length);
        }
    }
}
