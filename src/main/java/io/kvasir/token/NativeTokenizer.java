package io.kvasir.token;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.nio.file.Path;
import java.util.Map;

/**
 * Hugging Face's own tokenizers, in native code: exactly what engines use. The library is unpacked to a folder that can be
 * written to ({@code DJL_CACHE_DIR}, else one below the system's temporary folder) or taken from {@code RUST_LIBRARY_PATH}.
 */
final class NativeTokenizer implements TextTokenizer, AutoCloseable {
    /** What keeps the library from looking anything up, or telling anybody, over the network. */
    private static final Map<String, String> PROPERTIES = Map.of(
            "DJL_OFFLINE",
            "true",
            "OPT_OUT_TRACKING",
            "true",
            "RUST_FLAVOR",
            "cpu",
            "DJL_CACHE_DIR",
            Path.of(System.getProperty("java.io.tmpdir"), "kvasir-tokenizers-" + System.getProperty("user.name"))
                    .toString());

    private final long handle;

    /**
     * @param json the contents of a {@code tokenizer.json}
     * @throws IllegalArgumentException where it is none
     * @throws UnavailableException where the library is not to be had on this machine
     */
    NativeTokenizer(String json) {
        PROPERTIES.forEach((name, value) -> {
            if (System.getenv(name) == null && System.getProperty(name) == null) {
                System.setProperty(name, value);
            }
        });
        try {
            LibUtils.checkStatus();
            handle = TokenizersLibrary.LIB.createTokenizerFromString(json);
            TokenizersLibrary.LIB.disablePadding(handle);
            TokenizersLibrary.LIB.disableTruncation(handle);
        } catch (LinkageError | IllegalStateException e) {
            throw new UnavailableException(e);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** There is no native library. */
    static final class UnavailableException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UnavailableException(Throwable cause) {
            super("the native library of tokenizers cannot be loaded: " + root(cause), cause);
        }

        private static String root(Throwable failure) {
            var at = failure;
            while (at.getCause() != null) {
                at = at.getCause();
            }
            return String.valueOf(at.getMessage());
        }
    }

    @Override
    public int[] encode(String text, boolean special) {
        long encoding = TokenizersLibrary.LIB.encode(handle, text, special);
        try {
            long[] ids = TokenizersLibrary.LIB.getTokenIds(encoding);
            int[] narrow = new int[ids.length];
            for (int i = 0; i < ids.length; i++) {
                narrow[i] = (int) ids[i];
            }
            return narrow;
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    @Override
    public void close() {
        TokenizersLibrary.LIB.deleteTokenizer(handle);
    }
}
