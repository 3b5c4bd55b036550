package io.kvasir.kvevents.wire;

import java.util.Arrays;
import java.util.Optional;

/** How engines hash their blocks: vLLM's {@code --prefix-caching-hash-algo}, and SGLang's one way. */
public enum HashScheme {
    /** SHA-256 over Python's pickle. */
    SHA256("sha256", true, true),
    /** SHA-256 over canonical CBOR. */
    SHA256_CBOR("sha256_cbor", true, false),
    /** XXH3 of 128 bits over Python's pickle. */
    XXHASH("xxhash", false, true),
    /** XXH3 of 128 bits over canonical CBOR. */
    XXHASH_CBOR("xxhash_cbor", false, false),
    /** SHA-256 over the digest of the page before and the tokens. */
    SGLANG("sglang", true, false);

    private final String text;
    final boolean sha;
    final boolean pickle;

    HashScheme(String text, boolean sha, boolean pickle) {
        this.text = text;
        this.sha = sha;
        this.pickle = pickle;
    }

    /** As flags and metrics pages of engines name it. */
    public String text() {
        return text;
    }

    /** By its name; empty for one that is not known. */
    public static Optional<HashScheme> parse(String text) {
        return Arrays.stream(values())
                .filter(scheme -> scheme.text.equals(text))
                .findFirst();
    }
}
