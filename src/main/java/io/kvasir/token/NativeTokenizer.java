package io.kvasir.token;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hugging Face's own tokenizers, in native code: exactly what engines use. The library is taken from
 * {@code RUST_LIBRARY_PATH}, else from beside the program, as the image has it; else it is unpacked to a new folder below the
 * system's temporary one, which nobody else can write to, and is removed again once it is loaded.
 */
final class NativeTokenizer implements TextTokenizer, AutoCloseable {
    /** What keeps the library from looking anything up, or telling anybody, over the network. */
    private static final Map<String, String> PROPERTIES =
            Map.of("DJL_OFFLINE", "true", "OPT_OUT_TRACKING", "true", "RUST_FLAVOR", "cpu");

    private static final String GIVEN = "RUST_LIBRARY_PATH";
    private static final String UNPACKED = "DJL_CACHE_DIR";

    private static boolean loaded;

    private final long handle;

    /**
     * @param json the contents of a {@code tokenizer.json}
     * @throws IllegalArgumentException where it is none
     * @throws UnavailableException where the library is not to be had on this machine
     */
    NativeTokenizer(String json) {
        load();
        try {
            handle = TokenizersLibrary.LIB.createTokenizerFromString(json);
            TokenizersLibrary.LIB.disablePadding(handle);
            TokenizersLibrary.LIB.disableTruncation(handle);
        } catch (LinkageError e) {
            throw new UnavailableException(e);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static synchronized void load() {
        if (loaded) {
            return;
        }
        PROPERTIES.forEach(NativeTokenizer::setUnlessSet);
        var beside = beside(System.getProperty("java.library.path", ""));
        if (beside != null) {
            setUnlessSet(GIVEN, beside.toString());
        }
        Path unpacked = null;
        try {
            if (!isSet(GIVEN) && !isSet(UNPACKED)) {
                unpacked = Files.createTempDirectory("kvasir-tokenizers");
                System.setProperty(UNPACKED, unpacked.toString());
            }
            LibUtils.checkStatus();
            loaded = true;
        } catch (LinkageError | RuntimeException | IOException e) {
            throw new UnavailableException(e);
        } finally {
            if (unpacked != null) {
                System.clearProperty(UNPACKED);
                remove(unpacked);
            }
        }
    }

    /**
     * The library for this machine beside the program, as a file: of a folder it is not taken on machines without CUDA.
     *
     * @param folders where the program's own libraries lie
     * @return null where there is none
     */
    static @Nullable Path beside(String folders) {
        String kind = "linux-" + ("amd64".equals(System.getProperty("os.arch")) ? "x86_64" : "aarch64");
        for (String folder : folders.split(File.pathSeparator, -1)) {
            var file = Path.of(folder, kind, System.mapLibraryName("tokenizers"));
            if (!folder.isEmpty() && Files.exists(file)) {
                return file;
            }
        }
        return null;
    }

    private static boolean isSet(String name) {
        return System.getenv(name) != null || System.getProperty(name) != null;
    }

    private static void setUnlessSet(String name, String value) {
        if (!isSet(name)) {
            System.setProperty(name, value);
        }
    }

    private static void remove(Path folder) {
        try (var all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            // it lies below the system's temporary folder
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
