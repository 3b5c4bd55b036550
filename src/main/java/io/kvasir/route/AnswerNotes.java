package io.kvasir.route;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Serving;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the beginning of an answer's body what routing learns of it: the id of what the engine keeps from now on, and
 * that it does not know the model. Fed with the body as it passes by; looks at the first {@value #MOST} bytes.
 */
public final class AnswerNotes {
    /** Bytes of each piece that are worth to be shown. */
    public static final int MOST = FirstId.MOST;

    private static final int NOT_FOUND = 404;

    /** How engines say that they have no such model: vLLM, SGLang, OpenAI, Triton and TensorRT-LLM. */
    private static final String[] DENIALS = {
        "does not exist", "not found", "model_not_found", "unknown model", "not loaded"
    };

    private final Router router;
    private final Endpoint endpoint;
    private final @Nullable FirstId id;
    private final @Nullable String model;
    private byte[] text = {};

    private AnswerNotes(Router router, Endpoint endpoint, @Nullable FirstId id, @Nullable String model) {
        this.router = router;
        this.endpoint = endpoint;
        this.id = id;
        this.model = model;
    }

    /**
     * What is to be noted of an answer whose body is not compressed; null for nothing.
     *
     * @param status HTTP status of the answer
     */
    public static @Nullable AnswerNotes of(Booking booking, int status) {
        var router = booking.router();
        String model = booking.request().model();
        if (status == NOT_FOUND && model != null && !model.isEmpty()) {
            return new AnswerNotes(router, booking.endpoint(), null, model);
        }
        if (status < 200 || status >= 300) {
            return null;
        }
        if (model != null && !model.isEmpty()) {
            served(router, booking.endpoint(), model);
        }
        return booking.makesStored() ? new AnswerNotes(router, booking.endpoint(), new FirstId(), null) : null;
    }

    /** It serves what it does not list: an adapter was loaded since, maybe by this very request. */
    private static void served(Router router, Endpoint endpoint, String model) {
        var knowledge = endpoint.knowledge();
        if (knowledge.problem() == null
                && knowledge.served().complete()
                && endpoint.serving(model, router.nanoTime()) == Serving.MAYBE) {
            router.lists().reread(endpoint);
        }
    }

    /** Whether more of the body tells nothing. */
    public boolean done() {
        return id != null ? id.done() : text.length >= MOST;
    }

    /** The next bytes of the body. */
    public void feed(byte[] bytes, int offset, int length) {
        if (id != null) {
            if (!id.done()) {
                id.feed(bytes, offset, length);
                if (id.id() != null) {
                    router.stored().remember(id.id(), endpoint);
                }
            }
        } else if (text.length < MOST) {
            int taken = Math.min(length, MOST - text.length);
            int before = text.length;
            text = Arrays.copyOf(text, before + taken);
            System.arraycopy(bytes, offset, text, before, taken);
        }
    }

    /** The body is complete. */
    public void end() {
        if (model != null && denies(new String(text, UTF_8), model)) {
            router.counts().model(ModelNote.DENIED);
            endpoint.knowledge().deny(model, router.nanoTime());
            if (endpoint.knowledge().served().has(model)) {
                router.lists().reread(endpoint);
            }
        }
    }

    /** Whether a 404 is about the model; it can be about the path or about something stored, too. */
    static boolean denies(String body, String model) {
        String lower = body.toLowerCase(Locale.ROOT);
        if (!body.contains(model) || !lower.contains("model") && !lower.contains("adapter")) {
            return false;
        }
        for (String denial : DENIALS) {
            if (lower.contains(denial)) {
                return true;
            }
        }
        return false;
    }
}
