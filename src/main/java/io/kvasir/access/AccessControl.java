package io.kvasir.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kvasir.failure.FailureText;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Verdicts on bearer tokens. They are remembered for a bounded time, under a salted hash of token, verb and path, so that
 * neither tokens nor paths are kept; callers that ask the same at the same time share one review. Few reviews run at
 * once, few more wait, and who comes on top is told to come again: whoever floods the port does not flood the API server.
 */
public final class AccessControl implements AutoCloseable {
    /** How long a grant counts: so long does access outlast a revoked token. */
    static final Duration GRANTED = Duration.ofMinutes(1);

    /** How long a refusal counts: so long does a new grant wait. */
    static final Duration REFUSED = Duration.ofSeconds(10);

    /** How long after a failed review the next is tried. */
    static final Duration FAILED = Duration.ofSeconds(1);

    static final int REVIEWS_AT_ONCE = 4;
    static final int REVIEWS_WAITING = 64;
    static final int VERDICTS = 1_024;

    private static final String API = "/api";
    private static final Logger LOG = Logger.getLogger(AccessControl.class);
    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int SALT_BYTES = 32;
    private static final int IDLE_SECONDS = 30;

    private final ApiReviews reviews;
    private final LongSupplier nanoTime;
    private final AccessCounts counts;
    private final byte[] salt = new byte[SALT_BYTES];
    private final Map<String, Remembered> remembered;
    private final ThreadPoolExecutor reviewers;
    private final AtomicLong logAfter;

    /**
     * @param client of the API server, with a short deadline and without retries of its own; stays the caller's to close
     * @param counts gets what was asked of it
     * @param nanoTime a monotonic clock
     */
    public AccessControl(KubernetesClient client, AccessCounts counts, LongSupplier nanoTime) {
        reviews = new ApiReviews(client);
        this.counts = counts;
        this.nanoTime = nanoTime;
        new SecureRandom().nextBytes(salt);
        logAfter = new AtomicLong(nanoTime.getAsLong());
        remembered = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Remembered> eldest) {
                return size() > VERDICTS;
            }
        };
        reviewers = new ThreadPoolExecutor(
                REVIEWS_AT_ONCE,
                REVIEWS_AT_ONCE,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(REVIEWS_WAITING),
                Thread.ofPlatform().daemon().name("access-review-", 0).factory());
        reviewers.allowCoreThreadTimeOut(true);
    }

    /** A verdict, maybe still to come; {@code until} is when it no longer counts. */
    private static final class Remembered {
        final CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        private volatile long until;

        void settle(Verdict settled, long untilNanos) {
            until = untilNanos;
            verdict.complete(settled);
        }

        boolean counts(long now) {
            return !verdict.isDone() || now - until < 0;
        }
    }

    /**
     * Decides. Never blocks; the future is completed on a thread of its own where the API server has to be asked.
     *
     * @param verb as RBAC has it, such as {@code get}
     * @param path as it was asked for; reviewed as {@link #reviewed} says
     */
    public CompletableFuture<Verdict> decide(String token, String verb, String path) {
        String key = key(token, verb, path);
        var fresh = new Remembered();
        synchronized (remembered) {
            var known = remembered.get(key);
            if (known != null && known.counts(nanoTime.getAsLong())) {
                return known.verdict;
            }
            remembered.put(key, fresh);
        }
        try {
            reviewers.execute(() -> review(fresh, token, verb, path));
        } catch (RejectedExecutionException _) {
            // forgotten at once, since a place may be free in a moment
            fresh.settle(Verdict.BUSY, nanoTime.getAsLong());
        }
        return fresh.verdict;
    }

    /**
     * The path that has to be granted. Kubernetes' own role {@code system:discovery} grants {@code get} on {@code /api} and all
     * below to every account, and means the API server's; so ours is asked for below {@code /kvasir}.
     */
    static String reviewed(String path) {
        return path.equals(API) || path.startsWith(API + "/") ? "/kvasir" + path : path;
    }

    private void review(Remembered asked, String token, String verb, String path) {
        Verdict verdict;
        counts.reviewed();
        try {
            verdict = reviews.review(token, verb, reviewed(path));
        } catch (ReviewException e) {
            verdict = e.verdict();
            failed(FailureText.of(e));
        } catch (RuntimeException e) {
            verdict = Verdict.REVIEW_UNAVAILABLE;
            failed(e.toString());
        }
        asked.settle(verdict, nanoTime.getAsLong() + remember(verdict).toNanos());
    }

    private static Duration remember(Verdict verdict) {
        if (verdict == Verdict.ALLOWED) {
            return GRANTED;
        }
        return verdict.lasts() ? REFUSED : FAILED;
    }

    private void failed(String why) {
        counts.failed();
        long now = nanoTime.getAsLong();
        long after = logAfter.get();
        if (now - after >= 0 && logAfter.compareAndSet(after, now + QUIET_NANOS)) {
            LOG.warnf("requests to the management port cannot be reviewed: %s", why);
        }
    }

    private String key(String token, String verb, String path) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(salt);
            for (String part : new String[] {token, verb, path}) {
                digest.update(part.getBytes(UTF_8));
                digest.update((byte) 0);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Stops reviewing; who still waits is told that no review came. */
    @Override
    public void close() {
        reviewers.shutdownNow();
        synchronized (remembered) {
            long now = nanoTime.getAsLong();
            remembered.values().stream()
                    .filter(asked -> !asked.verdict.isDone())
                    .forEach(asked -> asked.settle(Verdict.REVIEW_UNAVAILABLE, now));
        }
    }
}
