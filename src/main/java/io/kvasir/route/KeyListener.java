package io.kvasir.route;

import io.kvasir.prefix.KeySource;
import io.kvasir.prefix.PromptKeyer;
import java.util.function.Supplier;

/**
 * What listens to every prompt and makes keys of it.
 *
 * @param make makes one for each reading
 * @param bound content that it hears of one prompt at most, as {@link io.kvasir.request.PromptFanOut.Listener} counts it
 */
public record KeyListener(Supplier<? extends KeySource> make, long bound) {
    /** Keys text and token ids as clients send them; bounds itself. */
    static final KeyListener KEYER = new KeyListener(PromptKeyer::new, Long.MAX_VALUE);
}
