package io.kvasir.proxy;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** Makes request ids of 32 hex digits; for one thread. */
final class RequestIds {
    private static final HexFormat HEX = HexFormat.of();
    private final RandomGenerator random;

    RequestIds(RandomGenerator random) {
        this.random = random;
    }

    String next() {
        return HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(random.nextLong());
    }
}
