package io.kvasir.prefix;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import io.kvasir.request.ModelName;
import org.jspecify.annotations.Nullable;

/** What must agree, besides the prompt, for cached blocks to be shared. */
public final class PrefixNamespace {
    private static final Hasher64 XXH3 = Hashing.xxh3_64();

    private PrefixNamespace() {}

    /**
     * The root of the index under which a request's keys belong.
     *
     * @param model the base model as the engine serves it
     * @param adapter the LoRA adapter, null for none
     * @param salt the request's {@code cache_salt}, null for none
     */
    public static long of(CharSequence model, @Nullable CharSequence adapter, @Nullable CharSequence salt) {
        return XXH3.hashLongLongLongToLong(hash(model), adapter == null ? 0 : hash(adapter), optional(salt));
    }

    /** Of a model or adapter, whichever of its two names is used. */
    private static long hash(CharSequence name) {
        return XXH3.hashCharsToLong(name instanceof String text ? ModelName.folded(text) : name);
    }

    private static long optional(@Nullable CharSequence value) {
        return value == null ? 0 : XXH3.hashCharsToLong(value);
    }
}
