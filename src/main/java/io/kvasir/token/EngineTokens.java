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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks engines for the tokens of prompts: by vLLM's {@code /v1/chat/completions/render}, {@code /v1/completions/render} and
 * {@code /v1/responses/render}, else by {@code /tokenize}, which SGLang has too. An engine that lacks a page is let alone
 * for minutes, one that fails for seconds. From any thread.
 */
public final class EngineTokens implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final long LACKING_NANOS = 300_000_000_000L;
    private static final long FAILING_NANOS = 5_000_000_000L;
    /** Engines that are asked for one prompt at most. */
    private static final int ENGINES = 2;
    /** Addresses that are remembered to be let alone, at most. */
    private static final int REMEMBERED = 4_096;

    private static final Set<Integer> LACKING = Set.of(403, 404, 405, 501);

    private final Pool pool;
    private final @Nullable ApiKey key;
    private final LongSupplier nanoClock;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();
    /** Until when a page is not asked for, by its address. */
    private final Map<URI, Long> letAlone = new ConcurrentHashMap<>();

    private record Attempt(URI at, Endpoint engine) {}

    /** @param key what engines demand of which the pool does not say it; null for nothing */
    public EngineTokens(Pool pool, @Nullable ApiKey key, LongSupplier nanoClock) {
        this.pool = pool;
        this.key = key;
        this.nanoClock = nanoClock;
    }

    private static List<String> pages(Dialect dialect) {
        return switch (dialect) {
            case CHAT_COMPLETIONS -> List.of("/v1/chat/completions/render", "/tokenize");
            case COMPLETIONS -> List.of("/v1/completions/render", "/tokenize");
            case RESPONSES -> List.of("/v1/responses/render");
            default -> List.of();
        };
    }

    /** Whether there is anybody who may be asked for a prompt of that API. Takes a few microseconds. */
    boolean canAsk(String model, Dialect dialect) {
        return !attempts(model, dialect).isEmpty();
    }

    /**
     * The ids, later; fails where no engine says them.
     *
     * @param body as an engine would get it
     */
    CompletableFuture<int[]> ask(String model, Dialect dialect, byte[] body) {
        return ask(attempts(model, dialect), 0, body);
    }

    private List<Attempt> attempts(String model, Dialect dialect) {
        var pages = pages(dialect);
        if (pages.isEmpty()) {
            return List.of();
        }
        var endpoints = pool.snapshot().endpoints();
        int first = endpoints.isEmpty() ? 0 : ThreadLocalRandom.current().nextInt(endpoints.size());
        long now = nanoClock.getAsLong();
        var all = new ArrayList<Attempt>();
        int engines = 0;
        for (int i = 0; i < endpoints.size() && engines < ENGINES; i++) {
            var engine = endpoints.get((first + i) % endpoints.size());
            int before = all.size();
            if (engine.protocol() == EngineProtocol.HTTP && (model.isEmpty() || engine.serves(model))) {
                for (String page : pages) {
                    var at = URI.create("http://" + engine.hostPort() + page);
                    Long until = letAlone.get(at);
                    if (until == null || now - until >= 0) {
                        all.add(new Attempt(at, engine));
                    }
                }
            }
            engines += all.size() > before ? 1 : 0;
        }
        return all;
    }

    private CompletableFuture<int[]> ask(List<Attempt> attempts, int next, byte[] body) {
        if (next >= attempts.size()) {
            return CompletableFuture.failedFuture(new UntoldException(TokenGap.NO_ENGINE, "no engine says it"));
        }
        var attempt = attempts.get(next);
        var request = HttpRequest.newBuilder(attempt.at)
                .timeout(TIMEOUT)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofByteArray(body));
        var demanded = attempt.engine.spec().apiKey() == null
                ? key
                : attempt.engine.spec().apiKey();
        if (demanded != null) {
            request.header("authorization", demanded.authorization());
        }
        return http.sendAsync(request.build(), BodyHandlers.ofByteArray())
                .thenApply(answer -> read(attempt, answer))
                .exceptionallyCompose(failure -> {
                    if (!(failure.getCause() instanceof UnansweredException)) {
                        letAlone(attempt.at, FAILING_NANOS);
                    }
                    return ask(attempts, next + 1, body);
                });
    }

    private static final class UnansweredException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UnansweredException(int status) {
            super("status " + status, null, false, false);
        }
    }

    private int[] read(Attempt attempt, HttpResponse<byte[]> answer) {
        int status = answer.statusCode();
        int[] ids = status == 200 ? ids(answer.body()) : null;
        if (ids != null) {
            return ids;
        }
        if (status != 400 && status != 422) {
            letAlone(attempt.at, LACKING.contains(status) || status == 200 ? LACKING_NANOS : FAILING_NANOS);
        }
        throw new UnansweredException(status);
    }

    private void letAlone(URI at, long nanos) {
        if (letAlone.size() >= REMEMBERED) {
            letAlone.clear();
        }
        letAlone.put(at, nanoClock.getAsLong() + nanos);
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

    @Override
    public void close() {
        http.shutdownNow();
    }
}
