package io.kvasir.prefix;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one prompt, by scheme. Immutable; the arrays of keys are lent by what made them and stay as they are until
 * that is given another prompt, which who leased it (a reading) does not do before the request has ended.
 */
public final class PromptKeys {
    /** Of a prompt that nobody keyed. */
    public static final PromptKeys NONE = new PromptKeys();

    private final BlockKeys[] all;

    PromptKeys(BlockKeys... all) {
        this.all = all;
    }

    /** By that scheme; null where the prompt has no such keys. */
    public @Nullable BlockKeys of(KeyScheme scheme) {
        for (BlockKeys one : all) {
            if (one.scheme().equals(scheme)) {
                return one;
            }
        }
        return null;
    }

    /** By the first scheme, in the order of preference, that the prompt has keys of; null for none. */
    public @Nullable BlockKeys first(KeySchemes preferred) {
        var schemes = preferred.all();
        for (int i = 0; i < schemes.size(); i++) {
            var found = of(schemes.get(i));
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** These, and the other's for schemes that these lack. */
    public PromptKeys and(PromptKeys other) {
        if (all.length == 0 || other.all.length == 0) {
            return all.length == 0 ? other : this;
        }
        var both = Arrays.copyOf(all, all.length + other.all.length);
        int count = all.length;
        for (BlockKeys one : other.all) {
            if (of(one.scheme()) == null) {
                both[count++] = one;
            }
        }
        return new PromptKeys(Arrays.copyOf(both, count));
    }

    /** Whether the prompt's token ids are known. */
    public boolean ofTokens() {
        for (BlockKeys one : all) {
            if (one.scheme() instanceof KeyScheme.Tokens) {
                return true;
            }
        }
        return false;
    }

    /** The schemes it has keys of, in the order in which they were made. */
    public List<KeyScheme> schemes() {
        return Arrays.stream(all).map(BlockKeys::scheme).toList();
    }
}
