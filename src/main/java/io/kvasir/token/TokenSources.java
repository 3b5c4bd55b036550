package io.kvasir.token;

import io.kvasir.failure.FailureText;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.request.Dialect;
import io.kvasir.request.ModelName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the tokens of prompts: by the model's tokenizer in this process where there is one, else by asking an engine, else
 * not at all. A bounded pool of threads tokenises; who takes longer than the deadline goes on without.
 */
public final class TokenSources implements TokenIds, Metered, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TokenSources.class.getName());
    private static final int MOST_WAITING = 512;
    /** Bytes of the heap for each token id that may be remembered, which takes four. */
    private static final int HEAP_BYTES = 128;

    private final Map<String, ModelTokenizer> models;
    private final TokenCache cache;
    private final @Nullable EngineTokens engines;
    private final Executor deadline;
    private final ThreadPoolExecutor threads;
    private final Trust trust;
    private final TokenCounts counts = new TokenCounts();

    private TokenSources(
            Map<String, ModelTokenizer> models,
            TokenCache cache,
            @Nullable EngineTokens engines,
            Duration patience,
            LongSupplier nanoClock) {
        this.models = models;
        this.cache = cache;
        this.engines = engines;
        deadline = CompletableFuture.delayedExecutor(patience.toNanos(), TimeUnit.NANOSECONDS);
        trust = new Trust(nanoClock);
        int cores = Runtime.getRuntime().availableProcessors();
        threads = new ThreadPoolExecutor(
                Math.max(1, cores / 2),
                Math.max(1, cores / 2),
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MOST_WAITING),
                Thread.ofPlatform().daemon().name("tokens-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /** A tokenizer that cannot be used; the message tells why in one line. */
    public static final class BadTokenizerException extends Exception {
        private static final long serialVersionUID = 1;

        BadTokenizerException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Loads tokenizers.
     *
     * @param folders what a model is published with, by the model's name
     * @param engines who is asked where they do not know; null for nobody
     * @param patience longest time that a request waits for its tokens
     * @param nanoClock monotonic nanoseconds
     * @throws BadTokenizerException where a folder has no tokenizer that can be read
     */
    public static TokenSources load(
            Map<String, Path> folders, @Nullable EngineTokens engines, Duration patience, LongSupplier nanoClock)
            throws BadTokenizerException {
        var cache = new TokenCache(Runtime.getRuntime().maxMemory() / HEAP_BYTES);
        var models = new LinkedHashMap<String, ModelTokenizer>();
        for (var each : folders.entrySet()) {
            String model = each.getKey();
            try {
                var tokenizer = TokenizerFolder.load(
                        each.getValue(),
                        cache,
                        note -> LOG.log(System.Logger.Level.WARNING, "tokenizer of " + model + ": " + note));
                models.put(ModelName.folded(model), tokenizer);
                LOG.log(
                        System.Logger.Level.INFO,
                        "prompts of " + model + " are tokenised here"
                                + (tokenizer.knowsChats() ? "" : ", chats of it by its engines"));
            } catch (NativeTokenizer.UnavailableException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "prompts of " + model + " are not tokenised here: " + e.getMessage());
            } catch (IOException e) {
                throw new BadTokenizerException(each.getValue() + " cannot be read: " + FailureText.of(e), e);
            } catch (RuntimeException e) {
                throw new BadTokenizerException(each.getValue() + " is no tokenizer: " + e.getMessage(), e);
            }
        }
        return new TokenSources(models, cache, engines, patience, nanoClock);
    }

    /** Which source knew what. */
    public TokenCounts counts() {
        return counts;
    }

    @Override
    public boolean find(TextPrompt prompt, Consumer<Found> done) {
        var search = new Search(prompt, done);
        boolean begun = search.begin();
        if (!begun) {
            counts.served(TokenSource.ESTIMATE);
        }
        return begun;
    }

    private final class Search {
        private final TextPrompt prompt;
        private final Dialect dialect;
        private final Consumer<Found> done;
        private final AtomicBoolean over = new AtomicBoolean();

        Search(TextPrompt prompt, Consumer<Found> done) {
            this.prompt = prompt;
            this.done = done;
            dialect = prompt.request().dialect();
        }

        boolean begin() {
            if (prompt.body() == null) {
                counts.gap(TokenGap.BODY_GONE);
                return false;
            }
            var tokenizer = models.get(ModelName.folded(prompt.model()));
            if (tokenizer == null) {
                counts.gap(TokenGap.NO_TOKENIZER);
                if (engines == null || !engines.canAsk(prompt.model(), dialect)) {
                    counts.gap(TokenGap.NO_ENGINE);
                    return false;
                }
            }
            try {
                threads.execute(() -> run(tokenizer));
            } catch (RejectedExecutionException e) {
                counts.gap(TokenGap.BUSY);
                return false;
            }
            deadline.execute(() -> end(Found.NOTHING, TokenGap.LATE));
            return true;
        }

        private void run(@Nullable ModelTokenizer tokenizer) {
            try {
                byte[] body = prompt.bytes();
                if (tokenizer == null || !here(tokenizer, body)) {
                    askEngine(body);
                }
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.log(System.Logger.Level.DEBUG, "a prompt of " + prompt.model() + " could not be tokenised", e);
                end(Found.NOTHING, TokenGap.REFUSED);
            }
        }

        private boolean here(ModelTokenizer tokenizer, byte[] body) {
            var kind = Trust.kind(prompt.model(), dialect, body);
            if (!trust.trusts(kind)) {
                counts.gap(TokenGap.CONTRADICTED);
                return false;
            }
            int[] ids;
            try {
                ids = tokenizer.tokens(dialect, body);
            } catch (UntoldException e) {
                counts.gap(e.why());
                return false;
            }
            end(new Found(TokenSource.TOKENIZER, ids), null);
            if (engines != null && trust.wantsCheck(kind)) {
                var _ = engines.ask(prompt.model(), dialect, body).thenAccept(theirs -> compare(kind, ids, theirs));
            }
            return true;
        }

        private void compare(Trust.Kind kind, int[] ours, int[] theirs) {
            boolean same = Arrays.equals(ours, theirs);
            counts.compared(same);
            if (!same && trust.distrust(kind)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "prompts of " + kind.model() + " (" + kind.dialect() + ") have other tokens here ("
                                + ours.length + ") than at its engine (" + theirs.length + "), from token "
                                + Arrays.mismatch(ours, theirs) + " on: the engine is asked instead; is the tokenizer,"
                                + " or its chat template, the engine's?");
            }
        }

        private void askEngine(byte[] body) {
            if (engines == null) {
                end(Found.NOTHING, TokenGap.NO_ENGINE);
                return;
            }
            var _ = engines.ask(prompt.model(), dialect, body)
                    .whenComplete((ids, failure) -> end(
                            failure == null ? new Found(TokenSource.ENGINE, ids) : Found.NOTHING,
                            failure == null ? null : TokenGap.NO_ENGINE));
        }

        private void end(Found found, @Nullable TokenGap gap) {
            if (over.compareAndSet(false, true)) {
                if (gap != null) {
                    counts.gap(gap);
                }
                counts.served(found.source());
                done.accept(found);
            }
        }
    }

    @Override
    public void describe(MetricSink sink) {
        counts.describe(sink);
        sink.counter(
                "kvasir_token_cache_ids",
                "Token ids of text, by whether they were remembered.",
                cache.hits(),
                "from",
                "cache");
        sink.counter(
                "kvasir_token_cache_ids",
                "Token ids of text, by whether they were remembered.",
                cache.misses(),
                "from",
                "tokenizer");
    }

    @Override
    public void close() {
        threads.shutdownNow();
        if (engines != null) {
            engines.close();
        }
    }
}
