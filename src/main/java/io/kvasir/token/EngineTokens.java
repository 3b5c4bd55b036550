package io.kvasir.token;

import io.kvasir.pool.ApiKey;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.pool.Pool;
import io.kvasir.request.Dialect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Asks engines for the tokens of prompts: by vLLM's {@code /v1/chat/completions/render}, {@code /v1/completions/render},
 * {@code /v1/responses/render} and {@code /v1/messages/render}, else by {@code /tokenize}, which SGLang has too. An engine
 * that lacks a page is let alone for minutes, one that fails for seconds and then longer, and so is one that never knows or
 * never in time. Few are asked at once. From any thread.
 */
public final class EngineTokens implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final long LACKING_NANOS = 300_000_000_000L;
    private static final long FAILING_NANOS = 5_000_000_000L;
    /** Engines that are asked for one prompt at most. */
    private static final int ENGINES = 2;
    /** Endpoints that are looked at for one prompt at most, where any may be asked. */
    private static final int LOOKED_AT = 32;
    /** Prompts of which engines are asked at once, at most: what more come go on without. */
    static final int MOST_ASKED = 64;
    /** Prompts in a row of which a page knew nothing, or not in time, until it is let alone. */
    static final int MOST_MISSES = 8;
    /** Pages that are remembered, at most. */
    private static final int REMEMBERED = 4_096;
    /** Bytes of heap for each byte that is sent, or read of an answer. */
    private static final int HEAP_SHARE = 32;

    private static final Set<Integer> LACKING = Set.of(403, 404, 405, 501);

    private final Duration timeout;
    private final Pool pool;
    private final @Nullable ApiKey key;
    private final LongSupplier nanoClock;
    /** Made when an engine is asked first. */
    private @Nullable HttpClient http;

    private boolean closed;
    private final Map<Page, Standing> standings = new ConcurrentHashMap<>();
    private final long most = Math.max(1 << 20, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicLong askedBytes = new AtomicLong();

    private record Page(String hostPort, String path, Dialect dialect) {}

    /**
     * What is known of a page.
     *
     * @param until when it is let alone, in ns
     * @param misses in a row
     * @param pauses how often in a row it was let alone
     */
    private record Standing(long until, int misses, int pauses) {}

    private record Attempt(Page page, Endpoint engine) {}

    /** @param key what engines demand of which the pool does not say it; null for nothing */
    public EngineTokens(Pool pool, @Nullable ApiKey key, LongSupplier nanoClock) {
        this(pool, key, nanoClock, TIMEOUT);
    }

    /** @param timeout longest time that an engine is waited for, whoever waits */
    EngineTokens(Pool pool, @Nullable ApiKey key, LongSupplier nanoClock, Duration timeout) {
        this.timeout = timeout;
        this.pool = pool;
        this.key = key;
        this.nanoClock = nanoClock;
    }

    private static List<String> pages(Dialect dialect) {
        return switch (dialect) {
            case CHAT_COMPLETIONS -> List.of("/v1/chat/completions/render", "/tokenize");
            case MESSAGES -> List.of("/v1/messages/render");
            case COMPLETIONS -> List.of("/v1/completions/render", "/tokenize");
            case RESPONSES -> List.of("/v1/responses/render");
            default -> List.of();
        };
    }

    /** Whether there is anybody who may be asked for a prompt now. Takes a few microseconds. */
    boolean canAsk(TextPrompt prompt) {
        return asked.get() < MOST_ASKED
                && !attempts(prompt, prompt.request().dialect(), 1).isEmpty();
    }

    /**
     * The ids, later; fails where no engine says them.
     *
     * @param body as an engine would get it
     * @param patienceNanos after which an answer is of no use
     * @param wanted whether another engine is to be asked where one does not know
     */
    CompletableFuture<int[]> ask(TextPrompt prompt, byte[] body, long patienceNanos, BooleanSupplier wanted) {
        boolean room = asked.incrementAndGet() <= MOST_ASKED;
        room &= askedBytes.addAndGet(body.length) <= most;
        var answer = room
                ? ask(attempts(prompt, prompt.request().dialect(), ENGINES), 0, body, patienceNanos, wanted)
                : CompletableFuture.<int[]>failedFuture(
                        new UntoldException(TokenGap.BUSY, "engines are asked for many prompts"));
        return answer.whenComplete((_, _) -> {
            asked.decrementAndGet();
            askedBytes.addAndGet(-body.length);
        });
    }

    /** Prompts of which engines are asked now. */
    int asked() {
        return asked.get();
    }

    private List<Attempt> attempts(TextPrompt prompt, Dialect dialect, int most) {
        var pages = pages(dialect);
        if (pages.isEmpty()) {
            return List.of();
        }
        String model = prompt.model();
        var subset = prompt.subset();
        var pool = this.pool.snapshot();
        int size = subset == null ? pool.endpoints().size() : subset.size();
        int first = size == 0 ? 0 : ThreadLocalRandom.current().nextInt(size);
        long now = nanoClock.getAsLong();
        var all = new ArrayList<Attempt>();
        int engines = 0;
        for (int i = 0; i < Math.min(size, LOOKED_AT) && engines < most; i++) {
            int at = (first + i) % size;
            var engine = subset == null ? pool.endpoints().get(at) : pool.byHostPort(subset.get(at));
            if (engine == null
                    || engine.protocol() != EngineProtocol.HTTP
                    || !model.isEmpty() && !engine.serves(model)) {
                continue;
            }
            int before = all.size();
            for (String path : pages) {
                var page = new Page(engine.hostPort(), path, dialect);
                var standing = standings.get(page);
                if (standing == null || now - standing.until >= 0) {
                    all.add(new Attempt(page, engine));
                }
            }
            engines += all.size() > before ? 1 : 0;
        }
        return all;
    }

    private CompletableFuture<int[]> ask(
            List<Attempt> attempts, int next, byte[] body, long patienceNanos, BooleanSupplier wanted) {
        if (next >= attempts.size() || next > 0 && !wanted.getAsBoolean()) {
            return CompletableFuture.failedFuture(new UntoldException(TokenGap.NO_ENGINE, "no engine says it"));
        }
        var attempt = attempts.get(next);
        long begun = nanoClock.getAsLong();
        return send(attempt, body)
                .thenApply(answer -> read(attempt.page, answer, nanoClock.getAsLong() - begun > patienceNanos))
                .exceptionallyCompose(failure -> {
                    if (!(failure.getCause() instanceof UnansweredException)) {
                        letAlone(attempt.page, FAILING_NANOS);
                    }
                    return ask(attempts, next + 1, body, patienceNanos, wanted);
                });
    }

    private CompletableFuture<HttpResponse<byte[]>> send(Attempt attempt, byte[] body) {
        CompletableFuture<HttpResponse<byte[]>> sent;
        try {
            var request = HttpRequest.newBuilder(URI.create("http://" + attempt.page.hostPort + attempt.page.path))
                    .timeout(timeout)
                    .header("content-type", "application/json")
                    .POST(BodyPublishers.ofByteArray(body));
            var own = attempt.engine.spec().apiKey();
            var demanded = own == null ? key : own;
            if (demanded != null) {
                request.header("authorization", demanded.authorization());
            }
            sent = http().sendAsync(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), most));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(new CompletionException(e));
        }
        // the request's own time-out ends with the answer's headers
        return sent.copy().orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS).whenComplete((_, failure) -> {
            if (failure != null) {
                sent.cancel(true);
            }
        });
    }

    private static final class UnansweredException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UnansweredException(int status) {
            super("status " + status, null, false, false);
        }
    }

    private int[] read(Page page, HttpResponse<byte[]> answer, boolean late) {
        int status = answer.statusCode();
        int[] ids = status == 200 ? ids(answer.body()) : null;
        if (ids == null && (status == 200 || LACKING.contains(status))) {
            letAlone(page, LACKING_NANOS);
        } else if (status == 200 && !late) {
            standings.remove(page);
        } else if (status == 200 || status == 400 || status == 422) {
            missed(page);
        } else {
            letAlone(page, FAILING_NANOS);
        }
        if (ids == null) {
            throw new UnansweredException(status);
        }
        return ids;
    }

    /** It did not know, which need not be its fault. */
    private void missed(Page page) {
        var standing = standing(page);
        if (standing.misses + 1 >= MOST_MISSES) {
            letAlone(page, FAILING_NANOS);
        } else {
            standings.put(page, new Standing(standing.until, standing.misses + 1, standing.pauses));
        }
    }

    /** For twice as long each time, until it knows one in time. */
    private void letAlone(Page page, long nanos) {
        if (standings.size() >= REMEMBERED) {
            standings.clear();
        }
        var standing = standing(page);
        long now = nanoClock.getAsLong();
        if (now - standing.until < 0) {
            return;
        }
        long pause = Math.min(LACKING_NANOS, nanos << Math.min(standing.pauses, 6));
        standings.put(page, new Standing(now + pause, 0, standing.pauses + 1));
    }

    private Standing standing(Page page) {
        return standings.getOrDefault(page, new Standing(nanoClock.getAsLong(), 0, 0));
    }

    /** The ids in an answer; null where it has none. */
    static int @Nullable [] ids(byte[] json) {
        try {
            var answer = JsonTree.parse(json);
            var one = JsonTree.members(answer instanceof List<?> list && list.size() == 1 ? list.getFirst() : answer);
            var ids = one.containsKey("token_ids") ? one.get("token_ids") : one.get("tokens");
            return ids instanceof List<?> list
                    ? list.stream()
                            .mapToInt(id -> Math.toIntExact((Long) Objects.requireNonNull(id)))
                            .toArray()
                    : null;
        } catch (IllegalArgumentException | ClassCastException | ArithmeticException e) {
            return null;
        }
    }

    private synchronized HttpClient http() {
        if (closed) {
            throw new IllegalStateException("closed");
        }
        if (http == null) {
            http = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(1))
                    .sslContext(withoutAuthorities())
                    .build();
        }
        return http;
    }

    /** Engines are asked in plaintext; the client would read the certificates of all authorities all the same. */
    private static SSLContext withoutAuthorities() {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[0], null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no TLS in this JDK", e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (http != null) {
            http.shutdownNow();
        }
    }
}
