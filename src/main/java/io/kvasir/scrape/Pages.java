package io.kvasir.scrape;

import io.kvasir.pool.ApiKey;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** {@link EngineAccess} made ready: where the page of an endpoint is, and what of it is read. */
final class Pages {
    private final EngineAccess access;
    private final Map<EngineKind, EngineMetrics> mappings;
    private final @Nullable SslContext tls;
    private final KnownVersions versions = new KnownVersions();

    Pages(EngineAccess access) {
        this.access = access;
        mappings = EngineMetrics.all(access);
        tls = tls(access.scheme());
    }

    private static @Nullable SslContext tls(EngineAccess.Scheme scheme) {
        try {
            return switch (scheme) {
                case HTTP -> null;
                case HTTPS ->
                    SslContextBuilder.forClient()
                            .endpointIdentificationAlgorithm("HTTPS")
                            .build();
                case HTTPS_UNVERIFIED ->
                    SslContextBuilder.forClient()
                            .endpointIdentificationAlgorithm("")
                            .trustManager(InsecureTrustManagerFactory.INSTANCE)
                            .build();
            };
        } catch (SSLException e) {
            throw new IllegalStateException("no TLS in this JDK", e);
        }
    }

    EngineMetrics mapping(EndpointSpec spec) {
        return EngineMetrics.of(spec.engine(), mappings);
    }

    /** Where an endpoint's engine says where its KV events are; null where it says nothing, or others do. */
    @Nullable
    String eventsPath(EndpointSpec spec) {
        return access.eventSources() && spec.kvEvents() == null ? mapping(spec).eventsPath() : null;
    }

    /** The versions that all engines told. */
    KnownVersions versions() {
        return versions;
    }

    String path(EndpointSpec spec) {
        return access.path() == null ? mapping(spec).path() : access.path();
    }

    /** What its questions carry; null for no key. */
    @Nullable
    ApiKey key(EndpointSpec spec) {
        return spec.apiKey() == null ? access.key() : spec.apiKey();
    }

    int port(EndpointSpec spec) {
        boolean own = spec.metricsPort() != spec.port() || access.port() == 0;
        return own ? spec.metricsPort() : access.port();
    }

    /** For the conversation with that port: only the page's speaks TLS, whatever else it answers. */
    @Nullable
    SslContext tls(EndpointSpec spec, int port) {
        return port == port(spec) ? tls : null;
    }
}
