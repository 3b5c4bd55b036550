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
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
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
    /** Bytes of the heap for each byte of the longest prompt: its text is held several times while it is worked on. */
    private static final int LONGEST_SHARE = 128;

    /** Prompts of that length that may be worked on at once. */
    private static final int WORK = 4;

    private static final long LEAST_LONGEST = 1 << 19;

    private final Map<String, ModelTokenizer> models;
    private final TokenCache cache;
    private final @Nullable EngineTokens engines;
    private final long patienceNanos;
    private final LongSupplier clock;
    private final long longest = Math.max(LEAST_LONGEST, Runtime.getRuntime().maxMemory() / LONGEST_SHARE);
    /** Bytes of the prompts that threads are at or that wait for them. */
    private final AtomicLong work = new AtomicLong();
    /** Threads that are at a prompt whose request has gone on. */
    private final AtomicInteger late = new AtomicInteger();

    private final ThreadPoolExecutor threads;
    private final Trust trust;
    private final TokenCounts counts = new TokenCounts();

    TokenSources(
            Map<String, ModelTokenizer> models,
            TokenCache cache,
            @Nullable EngineTokens engines,
            Duration patience,
            LongSupplier nanoClock) {
        this.models = models;
        this.cache = cache;
        this.engines = engines;
        patienceNanos = patience.toNanos();
        trust = new Trust(nanoClock);
        clock = nanoClock;
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
        boolean begun = search.begin(prompt);
        if (!begun) {
            counts.served(TokenSource.ESTIMATE);
        }
        return begun;
    }

    /** How far a thread is with a prompt. */
    private enum Phase {
        WAITS,
        RUNS,
        RUNS_LATE,
        OVER
    }

    private final class Search {
        /** Until it is known, or is waited for no longer. */
        private final AtomicReference<@Nullable TextPrompt> prompt;

        private final Dialect dialect;
        private final Consumer<Found> done;
        private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITS);
        private final long began = clock.getAsLong();
        private volatile @Nullable Future<?> deadline;

        Search(TextPrompt prompt, Consumer<Found> done) {
            this.prompt = new AtomicReference<>(prompt);
            this.done = done;
            dialect = prompt.request().dialect();
        }

        boolean begin(TextPrompt asked) {
            if (asked.body() == null) {
                counts.gap(TokenGap.BODY_GONE);
                return false;
            }
            if (asked.length() > longest) {
                counts.gap(TokenGap.TOO_LONG);
                return false;
            }
            var tokenizer = models.get(ModelName.folded(asked.model()));
            boolean stuck = tokenizer != null && late.get() >= threads.getMaximumPoolSize();
            if (tokenizer == null || stuck) {
                counts.gap(stuck ? TokenGap.BUSY : TokenGap.NO_TOKENIZER);
                if (engines == null || !engines.canAsk(asked)) {
                    counts.gap(TokenGap.NO_ENGINE);
                    return false;
                }
            }
            if (work.addAndGet(asked.length()) > WORK * longest) {
                work.addAndGet(-asked.length());
                counts.gap(TokenGap.BUSY);
                return false;
            }
            Executor executor = tokenizer == null || stuck ? ForkJoinPool.commonPool() : threads;
            var timer = ForkJoinPool.commonPool().schedule(this::late, patienceNanos, TimeUnit.NANOSECONDS);
            deadline = timer;
            try {
                executor.execute(() -> {
                    try {
                        run(stuck ? null : tokenizer);
                    } finally {
                        work.addAndGet(-asked.length());
                    }
                });
            } catch (RejectedExecutionException e) {
                work.addAndGet(-asked.length());
                counts.gap(TokenGap.BUSY);
                timer.cancel(false);
                return prompt.getAndSet(null) == null;
            }
            return true;
        }

        private void late() {
            if (phase.compareAndSet(Phase.RUNS, Phase.RUNS_LATE)) {
                late.incrementAndGet();
            }
            end(Found.NOTHING, TokenGap.LATE);
        }

        private void run(@Nullable ModelTokenizer tokenizer) {
            var asked = prompt.get();
            if (asked == null) {
                return;
            }
            try {
                byte[] body = asked.bytes();
                if (tokenizer == null || !here(tokenizer, asked, body)) {
                    askEngine(asked, body);
                }
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.DEBUG, "a prompt of " + asked.model() + " could not be tokenised", e);
                end(Found.NOTHING, TokenGap.REFUSED);
            }
        }

        private boolean here(ModelTokenizer tokenizer, TextPrompt asked, byte[] body) {
            var kind = Trust.kind(asked.model(), dialect, body);
            if (!trust.trusts(kind)) {
                counts.gap(TokenGap.CONTRADICTED);
                return false;
            }
            int[] ids;
            phase.set(Phase.RUNS);
            try {
                ids = tokenizer.tokens(dialect, body);
            } catch (UntoldException e) {
                counts.gap(e.why());
                return false;
            } finally {
                if (phase.getAndSet(Phase.OVER) == Phase.RUNS_LATE) {
                    late.decrementAndGet();
                }
            }
            end(new Found(TokenSource.TOKENIZER, ids), null);
            if (engines != null && engines.canAsk(asked) && trust.wantsCheck(kind)) {
                var _ = engines.ask(asked, body, patienceNanos, () -> true)
                        .thenAccept(theirs -> compare(kind, ids, theirs));
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

        private void askEngine(TextPrompt asked, byte[] body) {
            if (engines == null) {
                end(Found.NOTHING, TokenGap.NO_ENGINE);
                return;
            }
            var _ = engines.ask(asked, body, patienceNanos, () -> prompt.get() != null)
                    .whenComplete((ids, failure) -> end(
                            failure == null ? new Found(TokenSource.ENGINE, ids) : Found.NOTHING,
                            failure == null ? null : gap(failure)));
        }

        private static TokenGap gap(Throwable failure) {
            return failure instanceof UntoldException untold ? untold.why() : TokenGap.NO_ENGINE;
        }

        private void end(Found found, @Nullable TokenGap gap) {
            if (prompt.getAndSet(null) == null) {
                return;
            }
            var timer = deadline;
            if (timer != null) {
                timer.cancel(false);
            }
            if (gap != null) {
                counts.gap(gap);
            }
            counts.took(clock.getAsLong() - began);
            counts.served(found.source());
            done.accept(found);
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
