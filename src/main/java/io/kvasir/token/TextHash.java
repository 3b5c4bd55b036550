package io.kvasir.token;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Hashes of stretches of text, over copies of many characters at once: one by one takes several times as long. Reused; not
 * thread-safe.
 */
final class TextHash {
    private final Hasher128 hasher;
    private char[] characters = {};
    private byte[] bytes = {};

    /** @param hasher with a secret of its own, where nobody may make two texts of one hash */
    TextHash(Hasher128 hasher) {
        this.hasher = hasher;
    }

    /** Of the characters {@code from} to {@code to} - 1. */
    HashValue128 of(String text, int from, int to) {
        int n = to - from;
        if (characters.length < n) {
            characters = new char[Math.max(n, 2 * characters.length)];
            bytes = new byte[Math.multiplyExact(Character.BYTES, characters.length)];
        }
        text.getChars(from, to, characters, 0);
        MemorySegment.copy(characters, 0, MemorySegment.ofArray(bytes), ValueLayout.JAVA_CHAR_UNALIGNED, 0, n);
        return hasher.hashBytesTo128Bits(bytes, 0, Character.BYTES * n);
    }
}
