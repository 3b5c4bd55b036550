package io.kvasir.config;

import io.kvasir.failure.FailureText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A file whose changes are taken while the program runs. It may be replaced, edited in place, or be a symbolic link that is
 * swapped, as Kubernetes does with mounted ConfigMaps.
 *
 * <p>A change is taken only when two looks in a row find the same text: a file that is being written is often valid
 * half-way, and would mean something else for a moment. What cannot be used is counted and logged once, and what was taken
 * before stays in force.
 */
public final class FollowedFile implements AutoCloseable {
    /** How often a followed file is looked at; a change is in force after two looks. */
    public static final Duration PERIOD = Duration.ofMillis(500);

    private static final System.Logger LOG = System.getLogger(FollowedFile.class.getName());

    /** Uses what a file says. */
    @FunctionalInterface
    public interface Taker {
        /**
         * Takes the file's whole content.
         *
         * @return what it says, for the log, such as <i>3 endpoints</i>
         * @throws InvalidConfigException if it is not right; nothing has changed then
         */
        String take(byte[] content) throws InvalidConfigException;
    }

    /** What tells one version of a file from another without reading it. */
    private record Stamp(@Nullable Object key, FileTime modified, long size) {
        /** A record's own would be made when it is first asked, at each start. */
        boolean same(@Nullable Stamp other) {
            return other != null
                    && Objects.equals(key, other.key)
                    && modified.equals(other.modified)
                    && size == other.size;
        }
    }

    private final Path path;
    private final Taker taker;
    private final LongAdder reloads = new LongAdder();
    private final LongAdder failedReloads = new LongAdder();
    private final ScheduledExecutorService scheduler;
    private byte[] settled;
    private byte @Nullable [] pending;
    private @Nullable Stamp seen;
    private volatile @Nullable String problem;

    private FollowedFile(Path path, Taker taker, String what, byte[] content) {
        this.path = path;
        this.taker = taker;
        settled = content;
        scheduler = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name(what).factory());
    }

    /**
     * Reads the file and has its content taken.
     *
     * @param what it is, such as {@code endpoint-file}: the name of the thread that follows it
     * @param taker called here, and by one thread at a time when there is news
     * @throws InvalidConfigException if it cannot be read or is not right
     */
    public static FollowedFile load(Path path, String what, Taker taker) throws InvalidConfigException {
        byte[] content;
        try {
            content = ConfigReader.bytes(path);
        } catch (IOException e) {
            throw new InvalidConfigException(unreadable(path, e));
        }
        var _ = taker.take(content);
        return new FollowedFile(path, taker, what, content);
    }

    /** Looks at the file from now on, until closed. */
    public void follow() {
        var _ = scheduler.scheduleWithFixedDelay(
                () -> {
                    try {
                        look();
                    } catch (RuntimeException e) {
                        // a scheduler drops what throws, and with it all later changes
                        LOG.log(System.Logger.Level.ERROR, path + ": could not be taken", e);
                    }
                },
                PERIOD.toNanos(),
                PERIOD.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    /**
     * Looks at the file once.
     *
     * @return whether a change was taken
     */
    public synchronized boolean look() {
        byte[] content;
        try {
            var stamp = stamp();
            if (pending == null && stamp.same(seen)) {
                return false;
            }
            content = ConfigReader.bytes(path);
            // a stamp taken before reading can only make the next look read again
            seen = stamp;
        } catch (IOException e) {
            seen = null;
            String line = unreadable(path, e);
            return settle(line.getBytes(StandardCharsets.UTF_8)) && refuse(line);
        }
        if (!settle(content)) {
            return false;
        }
        try {
            String taken = taker.take(content);
            reloads.increment();
            problem = null;
            LOG.log(System.Logger.Level.INFO, "{0}: reloaded, {1}", path, taken);
            return true;
        } catch (InvalidConfigException e) {
            return refuse(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            failedReloads.increment();
            problem = path + ":1: could not be taken: " + FailureText.of(e);
            throw e;
        }
    }

    /** Whether this content is news and was there at the last look too. */
    private boolean settle(byte[] content) {
        if (Arrays.equals(content, settled)) {
            pending = null;
            return false;
        }
        if (!Arrays.equals(content, pending)) {
            pending = content;
            return false;
        }
        settled = content;
        pending = null;
        return true;
    }

    private boolean refuse(String line) {
        failedReloads.increment();
        problem = line;
        LOG.log(System.Logger.Level.ERROR, "{0}; what was read before stays in force", line);
        return false;
    }

    private Stamp stamp() throws IOException {
        var attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new Stamp(attributes.fileKey(), attributes.lastModifiedTime(), attributes.size());
    }

    private static String unreadable(Path path, IOException failure) {
        String reason = failure instanceof NoSuchFileException ? "no such file" : FailureText.of(failure);
        return path + ":1: cannot be read: " + reason;
    }

    /** Times that a change was taken. */
    public long reloads() {
        return reloads.sum();
    }

    /** Changes that could not be used. */
    public long failedReloads() {
        return failedReloads.sum();
    }

    /** Why the file as it is now is not in force, in one line; null if it is. */
    public @Nullable String problem() {
        return problem;
    }

    /** Stops following; what was taken stays. */
    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
