package io.kvasir.prefix;

/**
 * Layers of a hybrid model that do not need what its other layers need of a prefix, and whose blocks an engine caches and
 * evicts apart from theirs.
 *
 * @param id the engine's number for them
 * @param reach what they need
 * @param window tokens that they look back, their own included, where they reach over a window; else 0
 */
public record LayerGroup(int id, Reach reach, int window) {
    /** What layers need of a prefix that is to be reused. */
    public enum Reach {
        /** All of its blocks. */
        ALL,
        /** The last blocks of it, as many as a window is long. */
        WINDOW,
        /** The block that ends where it ends: it has the state there. */
        STATE
    }

    /** Blocks that are needed at the end of a prefix; {@link Integer#MAX_VALUE} for all. */
    int needed(int blockSize) {
        return switch (reach) {
            case ALL -> Integer.MAX_VALUE;
            // the token that is computed next is in the window itself
            case WINDOW -> Math.max(1, Math.ceilDiv(window - 1, blockSize));
            case STATE -> 1;
        };
    }
}
