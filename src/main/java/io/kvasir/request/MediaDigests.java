package io.kvasir.request;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Tells the media parts of one prompt apart, by checksum and length: it says where they were before and decides nothing else. */
final class MediaDigests {
    private final CRC32C checksum = new CRC32C();
    private final List<Long> digests = new ArrayList<>(0);
    private long length;
    private boolean open;

    void reset() {
        if (open) {
            digests.clear();
            open = false;
        }
    }

    /** A part begins; the one before it has ended. */
    void begin() {
        if (open && digests.size() < PromptCounts.MOST_MEDIA) {
            digests.add(digest());
        }
        open = true;
        checksum.reset();
        length = 0;
    }

    void content(byte[] bytes, int offset, int count) {
        checksum.update(bytes, offset, count);
        length += count;
    }

    private long digest() {
        return checksum.getValue() << 32 ^ length;
    }

    /** Of all parts, the last of which has ended. */
    List<Long> all() {
        if (!open) {
            return List.of();
        }
        var all = new ArrayList<>(digests);
        if (all.size() < PromptCounts.MOST_MEDIA) {
            all.add(digest());
        }
        return all;
    }
}
