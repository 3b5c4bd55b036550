package io.kvasir.route;

import io.kvasir.prefix.KeySchemes;
import io.kvasir.prefix.KeySource;
import io.kvasir.prefix.PromptKeys;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.PromptFanOut;
import io.kvasir.request.Request;
import io.kvasir.token.TokenSource;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request's body while it is read: its scanner and what makes the keys of its prompt, leased from the router. The keys
 * are lent to whom the request is booked with. Used by one thread at a time; ends by {@link #abandon}: the
 * booking's where {@link Router#route} made one, the router's where it refused, else the caller's.
 */
public final class Reading {
    private final Readings home;
    private final BodyScanner scanner = new BodyScanner();
    private final List<KeyListener> listeners;
    private final KeySource[] sources;
    private final PromptFanOut fanOut;
    private @Nullable PromptKeys keys;
    private TokenSource tokens = TokenSource.ESTIMATE;
    private boolean leased;

    Reading(Readings home, List<KeyListener> listeners, KeySource[] sources, PromptFanOut fanOut) {
        this.home = home;
        this.listeners = listeners;
        this.sources = sources;
        this.fanOut = fanOut;
    }

    /** Whether just these hear its prompts. */
    boolean heardBy(List<KeyListener> all) {
        return listeners.equals(all);
    }

    Reading lease(BodyFormat format, KeySchemes wanted) {
        keys = null;
        tokens = TokenSource.ESTIMATE;
        fanOut.reset();
        for (int i = 0; i < sources.length; i++) {
            try {
                sources[i].reset(wanted);
            } catch (RuntimeException e) {
                fanOut.failed(i, e);
            }
        }
        scanner.reset(format, fanOut);
        leased = true;
        return this;
    }

    /**
     * The next bytes of the body; they are not kept.
     *
     * @throws MalformedBodyException where they make the body unacceptable
     */
    public void feed(byte[] bytes, int offset, int length) {
        scanner.feed(bytes, offset, length);
    }

    /** The next bytes of the body, from position to limit; see {@link #feed(byte[], int, int)}. */
    public void feed(ByteBuffer chunk) {
        scanner.feed(chunk);
    }

    /**
     * The body is complete.
     *
     * @throws MalformedBodyException where it is not valid; the reading is still to be abandoned
     */
    public Request finish() {
        scanner.finish();
        return read();
    }

    /** What is known of a body that is not complete. */
    public Request soFar() {
        return read();
    }

    private Request read() {
        var request = scanner.request();
        if (request.opaque() && keys == null) {
            // what was taken for a prompt until then is none
            keys = PromptKeys.NONE;
        }
        keys();
        return request;
    }

    /** Gives back what was leased: the request goes no further, or its booking has ended. Calling it again changes nothing. */
    public void abandon() {
        if (leased) {
            leased = false;
            home.giveBack(this);
        }
    }

    /** Of the prompt as far as it is read when they are first asked for; the same from then on, until the lease ends. */
    PromptKeys keys() {
        var made = keys;
        if (made == null) {
            made = PromptKeys.NONE;
            for (int i = 0; i < sources.length; i++) {
                made = made.and(keys(i));
            }
            keys = made;
        }
        return made;
    }

    /** The prompt's token ids were found: their keys count beside those of its text, which is what else it is known by. */
    void found(PromptKeys byTokens, TokenSource by) {
        keys = keys().and(byTokens);
        tokens = by;
    }

    /** Where the tokens of the prompt are known from. */
    TokenSource tokens() {
        return tokens == TokenSource.ESTIMATE && keys().ofTokens() ? TokenSource.CLIENT : tokens;
    }

    private PromptKeys keys(int source) {
        if (fanOut.failed(source)) {
            return PromptKeys.NONE;
        }
        try {
            return sources[source].finish();
        } catch (RuntimeException e) {
            fanOut.failed(source, e);
            return PromptKeys.NONE;
        }
    }
}
