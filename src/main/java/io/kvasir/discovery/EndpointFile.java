package io.kvasir.discovery;

import io.kvasir.config.FollowedFile;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Pool;
import java.nio.file.Path;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** An endpoint file and the pool that follows it: the last list that was right is in force. */
public final class EndpointFile implements AutoCloseable, Metered {
    private static final Logger LOG = Logger.getLogger(EndpointFile.class);

    private final Path path;
    private final Pool pool;
    private final LongAdder unknownKeys = new LongAdder();
    private final FollowedFile file;

    private EndpointFile(Path path, Pool pool) throws InvalidConfigException {
        this.path = path;
        this.pool = pool;
        file = FollowedFile.load(path, "endpoint-file", this::take);
    }

    /**
     * Reads the file and gives its endpoints to the pool.
     *
     * @throws InvalidConfigException if it cannot be read or is not right; the pool is then as it was
     */
    public static EndpointFile load(Path path, Pool pool) throws InvalidConfigException {
        return new EndpointFile(path, pool);
    }

    /** Looks at the file from now on. */
    public EndpointFile follow() {
        file.follow();
        return this;
    }

    /**
     * Looks at the file once.
     *
     * @return whether the pool was given a new list
     */
    public boolean look() {
        return file.look();
    }

    private String take(byte[] content) throws InvalidConfigException {
        var contents = EndpointFileParser.parse(path.toString(), content);
        contents.unknownKeys().lines().forEach(LOG::warn);
        unknownKeys.add(contents.unknownKeys().count());
        if (contents.endpoints().isEmpty()) {
            LOG.warnf("%s: endpoints: there are none; every request is refused until the file names one", path);
        }
        pool.apply(contents.endpoints());
        return contents.endpoints().size() + " endpoints";
    }

    /** Times that a change was taken. */
    public long reloads() {
        return file.reloads();
    }

    /** Changes that could not be used. */
    public long failedReloads() {
        return file.failedReloads();
    }

    /** Keys that were not understood, over all loads. */
    public long unknownKeys() {
        return unknownKeys.sum();
    }

    /** Why the file as it is now is not in force, in one line; null if it is. */
    public @Nullable String problem() {
        return file.problem();
    }

    /** Stops following; the pool stays as it is. */
    @Override
    public void close() {
        file.close();
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counter("kvasir_endpoint_file_reloads", "Endpoint files taken.", reloads());
        sink.counter("kvasir_endpoint_file_failed_reloads", "Endpoint files refused.", failedReloads());
        sink.counter("kvasir_endpoint_file_unknown_keys", "Keys that were not known.", unknownKeys());
    }
}
