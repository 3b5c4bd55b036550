package io.kvasir.app;

import io.kvasir.pool.ApiKey;
import io.kvasir.pool.Pool;
import io.kvasir.token.EngineTokens;
import io.kvasir.token.TokenSources;
import io.kvasir.token.TokenSources.BadTokenizerException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who knows the tokens of prompts of text.
 *
 * @param folders tokenizers in this process, by the model's name
 * @param byEngines whether engines are asked where none of these knows
 * @param patience longest time that a request waits for its tokens
 */
record TokenSettings(Map<String, Path> folders, boolean byEngines, Duration patience) {
    static TokenSettings of(FlagValues values) {
        var folders = new LinkedHashMap<String, Path>();
        String all = values.text(Flag.TOKENIZERS).strip();
        for (String entry : all.isEmpty() ? new String[0] : all.split(",", -1)) {
            String text = entry.strip();
            int equals = text.indexOf('=');
            if (equals < 1 || equals == text.length() - 1) {
                throw ConfigurationException.bad(
                        Flag.TOKENIZERS.key(), text, "MODEL=PATH of a folder with tokenizer.json");
            }
            try {
                folders.put(text.substring(0, equals), Path.of(text.substring(equals + 1)));
            } catch (InvalidPathException e) {
                throw ConfigurationException.bad(
                        Flag.TOKENIZERS.key(), text, "MODEL=PATH of a folder with tokenizer.json");
            }
        }
        return new TokenSettings(
                folders,
                values.on(Flag.TOKENIZE_BY_ENGINES),
                values.duration(Flag.TOKENIZE_TIMEOUT, Duration.ofMillis(1), Duration.ofSeconds(30)));
    }

    /**
     * The sources; null where there are none.
     *
     * @param key what engines demand of which the pool does not say it
     * @throws ConfigurationException in one line, where a tokenizer cannot be read
     */
    @Nullable
    TokenSources load(Pool pool, @Nullable ApiKey key, LongSupplier nanoClock) {
        if (folders.isEmpty() && !byEngines) {
            return null;
        }
        try {
            return TokenSources.load(
                    folders, byEngines ? new EngineTokens(pool, key, nanoClock) : null, patience, nanoClock);
        } catch (BadTokenizerException e) {
            throw new ConfigurationException(Flag.TOKENIZERS.key() + ": " + e.getMessage()
                    + "; allowed: MODEL=PATH of a folder with tokenizer.json");
        }
    }
}
