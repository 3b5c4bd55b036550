package io.kvasir.discovery;

import io.kvasir.failure.FailureText;
import io.kvasir.pool.Pool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint file and the pool that follows it. The file may be replaced, edited in place, or be a symbolic link that
 * is swapped, as Kubernetes does with mounted ConfigMaps.
 *
 * <p>A change is taken only when two looks in a row find the same text: a file that is being written is often valid
 * half-way, and would take endpoints out of the pool for a moment. What cannot be used is counted and logged once, and
 * the last good list stays.
 */
public final class EndpointFile implements AutoCloseable {
    /** How often a followed file is looked at; a change is in force after two looks. */
    public static final Duration PERIOD = Duration.ofMillis(500);

    private static final Logger LOG = Logger.getLogger(EndpointFile.class);

    /** What tells one version of a file from another without reading it. */
    private record Stamp(@Nullable Object key, FileTime modified, long size) {}

    private final Path path;
    private final Pool pool;
    private final LongAdder reloads = new LongAdder();
    private final LongAdder failedReloads = new LongAdder();
    private final LongAdder unknownKeys = new LongAdder();
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("endpoint-file").factory());
    private byte[] settled;
    private byte @Nullable [] pending;
    private @Nullable Stamp seen;
    private volatile @Nullable String problem;

    private EndpointFile(Path path, Pool pool, byte[] content) {
        this.path = path;
        this.pool = pool;
        settled = content;
    }

    /**
     * Reads the file and gives its endpoints to the pool.
     *
     * @throws EndpointFileException if it cannot be read or is not right; the pool is then as it was
     */
    public static EndpointFile load(Path path, Pool pool) throws EndpointFileException {
        byte[] content;
        try {
            content = read(path);
        } catch (IOException e) {
            throw new EndpointFileException(unreadable(path, e));
        }
        var file = new EndpointFile(path, pool, content);
        file.take(content);
        return file;
    }

    /** Begins to look at the file every {@link #PERIOD} on a thread of its own. */
    public EndpointFile follow() {
        var _ = scheduler.scheduleWithFixedDelay(
                () -> {
                    try {
                        look();
                    } catch (RuntimeException e) {
                        // a scheduler drops what throws, and with it all later changes
                        LOG.errorf(e, "%s: could not be taken", path);
                    }
                },
                PERIOD.toNanos(),
                PERIOD.toNanos(),
                TimeUnit.NANOSECONDS);
        return this;
    }

    /**
     * Looks at the file once.
     *
     * @return whether the pool was given a new list
     */
    public synchronized boolean look() {
        byte[] content;
        try {
            var stamp = stamp();
            if (pending == null && stamp.equals(seen)) {
                return false;
            }
            content = read(path);
            // a stamp taken before reading can only make the next look read again
            seen = stamp;
        } catch (IOException e) {
            seen = null;
            content = unreadable(path, e).getBytes(StandardCharsets.UTF_8);
            return settle(content) && refuse(unreadable(path, e));
        }
        if (!settle(content)) {
            return false;
        }
        try {
            take(content);
            reloads.increment();
            problem = null;
            LOG.infof("%s: reloaded, %d endpoints", path, pool.snapshot().size());
            return true;
        } catch (EndpointFileException e) {
            return refuse(String.valueOf(e.getMessage()));
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
        LOG.errorf("%s; the endpoints read before stay in force", line);
        return false;
    }

    private void take(byte[] content) throws EndpointFileException {
        var contents = EndpointFileParser.parse(path.toString(), content);
        contents.unknownKeys().forEach(LOG::warn);
        unknownKeys.add(contents.unknownKeys().size());
        if (contents.endpoints().isEmpty()) {
            LOG.warnf("%s: endpoints: there are none; every request is refused until the file names one", path);
        }
        pool.apply(contents.endpoints());
    }

    private Stamp stamp() throws IOException {
        var attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new Stamp(attributes.fileKey(), attributes.lastModifiedTime(), attributes.size());
    }

    private static byte[] read(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] content = in.readNBytes(FileTree.MAX_BYTES + 1);
            if (content.length > FileTree.MAX_BYTES) {
                throw new IOException("larger than " + (FileTree.MAX_BYTES >> 20) + " MiB");
            }
            return content;
        }
    }

    private static String unreadable(Path path, IOException e) {
        String reason = e instanceof NoSuchFileException ? "no such file" : FailureText.of(e);
        return path + ":1: cannot be read: " + reason.lines().findFirst().orElse("");
    }

    /** Times that a change was taken. */
    public long reloads() {
        return reloads.sum();
    }

    /** Changes that could not be used. */
    public long failedReloads() {
        return failedReloads.sum();
    }

    /** Keys that were not understood, over all loads. */
    public long unknownKeys() {
        return unknownKeys.sum();
    }

    /** Why the file as it is now is not in force, in one line; null if it is. */
    public @Nullable String problem() {
        return problem;
    }

    /** Stops following; the pool stays as it is. */
    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
