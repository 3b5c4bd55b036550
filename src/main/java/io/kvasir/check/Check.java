package io.kvasir.check;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.kvasir.cluster.ApiClients;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.discovery.EndpointFileParser;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** One look: at the cluster where there is one, at each endpoint, at the pool, and at a picker. */
final class Check {
    private final CheckSettings settings;
    private final Findings findings;
    private final InstantSource clock;
    private final Supplier<Config> cluster;
    private final PortProbe port;
    private final Pool pool = new Pool(HardwareCatalogue.load());

    /** @param cluster how to get at it; asked for only where a pool is named */
    Check(CheckSettings settings, Findings findings, InstantSource clock, Supplier<Config> cluster) {
        this.settings = settings;
        this.findings = findings;
        this.clock = clock;
        this.cluster = cluster;
        port = new PortProbe(settings.timeout());
    }

    void run() throws InvalidConfigException, IOException {
        if (found(settings.source())) {
            var endpoints = pool.snapshot().endpoints();
            endpoints(endpoints);
            new PoolCheck(endpoints, settings.policy(), findings).check();
        }
        var picker = settings.picker();
        if (picker != null) {
            new PickerCheck(port, findings).check(picker.host(), picker.port(), picker.secure(), clock.instant());
        }
    }

    /** Whether the pool's endpoints are known now. */
    private boolean found(CheckSettings.Source source) throws InvalidConfigException, IOException {
        return switch (source) {
            case CheckSettings.EndpointList file -> {
                pool.apply(EndpointFileParser.parse(file.path().toString(), read(file.path()))
                        .endpoints());
                yield true;
            }
            case CheckSettings.Named named -> {
                var config = new ConfigBuilder(cluster.get());
                if (named.user() != null) {
                    config.withImpersonateUsername(named.user());
                }
                try (var client = ApiClients.forStreams(config.build())) {
                    yield new ClusterCheck(client, settings.timeout(), findings)
                            .check(named.namespace(), named.name(), named.group(), pool);
                }
            }
        };
    }

    private static byte[] read(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("endpoints: " + file + ": no such file", e);
        }
    }

    private void endpoints(List<Endpoint> endpoints) {
        var places = new Semaphore(settings.concurrency());
        try (var http = new HttpProbe(settings.timeout(), settings.key());
                var events = new EventCheck(pool, http, port, settings.timeout(), settings.triesEvents(), findings);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var check = new EndpointCheck(http, port, events, findings);
            for (Endpoint endpoint : endpoints) {
                findings.expect(endpoint.spec().name());
                places.acquireUninterruptibly();
                threads.execute(() -> {
                    try {
                        check.check(endpoint);
                    } catch (RuntimeException e) {
                        findings.add(Severity.PROBLEM, endpoint.spec().name(), "check", "could not be looked at: " + e);
                    } finally {
                        places.release();
                    }
                });
            }
        }
    }
}
