package io.kvasir.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import io.kvasir.request.PromptSink.Part;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/** Prompts as a sink is told of them, and their keys. */
public final class KeyedPrompts {
    /** Schemes of the approximate view. */
    public static final KeySchemes FINEST = KeySchemes.of(KeyScheme.Text.FINEST, KeyScheme.Tokens.FINEST);

    private KeyedPrompts() {}

    /** A prompt of that text, by the approximate view's schemes. */
    public static PromptKeys ofText(byte[] text) {
        return of(FINEST, sink -> prompt(sink, text));
    }

    static PromptKeys of(KeySchemes schemes, Consumer<PromptSink> filling) {
        var keyer = new PromptKeyer();
        keyer.reset(schemes);
        filling.accept(keyer);
        return keyer.finish();
    }

    /** The keys by that scheme, which the prompt must have. */
    static long[] by(KeyScheme scheme, PromptKeys keys) {
        return copy(Objects.requireNonNull(keys.of(scheme)));
    }

    static long[] copy(BlockKeys own) {
        return Arrays.copyOf(own.keys(), own.blocks());
    }

    /** The finest keys of a body that comes in chunks of so many bytes. */
    static long[] ofBody(BodyScanner scanner, PromptKeyer keyer, Dialect dialect, String body, int chunk) {
        byte[] bytes = body.getBytes(UTF_8);
        keyer.reset(FINEST);
        scanner.reset(dialect, keyer);
        for (int at = 0; at < bytes.length; ) {
            int n = Math.min(chunk, bytes.length - at);
            scanner.feed(bytes, at, n);
            at += n;
        }
        scanner.finish();
        return copy(Objects.requireNonNull(keyer.finish().first(FINEST)));
    }

    static void prompt(PromptSink sink, byte[] text) {
        sink.begin(Part.PROMPT);
        sink.text(text, 0, text.length);
        sink.end(Part.PROMPT);
    }

    static void tokens(PromptSink sink, int... ids) {
        sink.begin(Part.PROMPT);
        for (int id : ids) {
            sink.token(id);
        }
        sink.end(Part.PROMPT);
    }

    static void open(PromptSink sink, String role) {
        sink.begin(Part.MESSAGE);
        sink.begin(Part.ROLE);
        sink.text(role.getBytes(UTF_8), 0, role.length());
        sink.end(Part.ROLE);
        sink.begin(Part.TEXT);
    }

    static void close(PromptSink sink) {
        sink.end(Part.TEXT);
        sink.end(Part.MESSAGE);
    }

    static void message(PromptSink sink, String role, byte[] text) {
        open(sink, role);
        sink.text(text, 0, text.length);
        close(sink);
    }

    static void preamble(PromptSink sink, byte[] json) {
        sink.begin(Part.PREAMBLE);
        sink.text(json, 0, json.length);
        sink.end(Part.PREAMBLE);
    }

    static void media(PromptSink sink, byte[] data) {
        sink.begin(Part.MESSAGE);
        sink.begin(Part.MEDIA);
        sink.text(data, 0, data.length);
        sink.end(Part.MEDIA);
        sink.end(Part.MESSAGE);
    }
}
