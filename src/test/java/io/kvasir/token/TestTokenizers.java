package io.kvasir.token;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Tokenizers of published models, which the build fetches; tests without are skipped and say why. */
public final class TestTokenizers {
    private static final Path DIRECTORY = Path.of("target/tokenizers");
    private static final Map<String, ModelTokenizer> LOADED = new ConcurrentHashMap<>();
    private static final TokenCache CACHE = new TokenCache(1 << 22);

    private TestTokenizers() {}

    /** The folder of one: {@code qwen3}, {@code llama3_1} or {@code gptoss}. */
    public static Path folder(String name) {
        var folder = DIRECTORY.resolve(name);
        assumeTrue(Files.exists(folder.resolve("tokenizer.json")), TestTokenizers::whyNot);
        return folder;
    }

    private static String whyNot() {
        try {
            return "no tokenizers: "
                    + Files.readString(DIRECTORY.resolve("why-not")).strip();
        } catch (IOException e) {
            return "no tokenizers: src/test/scripts/fetch-tokenizers target/tokenizers fetches them";
        }
    }

    /** What all of them remember. */
    static TokenCache cache() {
        return CACHE;
    }

    static ModelTokenizer load(String name) {
        var folder = folder(name);
        return LOADED.computeIfAbsent(name, _ -> {
            try {
                return TokenizerFolder.load(folder, CACHE, _ -> {});
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
