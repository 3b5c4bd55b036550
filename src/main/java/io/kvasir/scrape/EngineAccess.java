package io.kvasir.scrape;

import io.kvasir.pool.ApiKey;
import io.kvasir.pool.EngineKind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How metrics pages of all engines are got at, beyond what an engine's kind says.
 *
 * @param path of the page; null for the one of the engine's kind
 * @param port of the page where an endpoint names none of its own; 0 for that of its API
 * @param scheme how the page's port is spoken to
 * @param sources families that are looked for first
 * @param key what engines demand of those who probe them, where an endpoint has no key of its own; null for none
 * @param families what is looked for on the pages of some kinds of engines only
 * @param eventSources whether engines are asked where they publish KV events, where nobody else says it
 */
public record EngineAccess(
        @Nullable String path,
        int port,
        Scheme scheme,
        MetricSources sources,
        @Nullable ApiKey key,
        Map<EngineKind, PageFamilies> families,
        boolean eventSources) {
    public EngineAccess {
        families = Map.copyOf(families);
    }

    /**
     * What is looked for on the pages of one kind of engine.
     *
     * @param sources families that are looked for first
     * @param attributes further families ({@code family} or {@code family{label=text}}), by the name of the endpoint's
     *     attribute that they become
     */
    public record PageFamilies(MetricSources sources, Map<String, String> attributes) {
        public PageFamilies {
            attributes = Map.copyOf(attributes);
        }
    }

    /** How a port is spoken to. */
    public enum Scheme {
        HTTP,
        /** TLS with a certificate that the JDK trusts, for the endpoint's own address. */
        HTTPS,
        /** TLS with any certificate: those of engines in a cluster are signed by themselves. */
        HTTPS_UNVERIFIED
    }

    /** As the engine's kind says, in plaintext. */
    public static final EngineAccess DEFAULT = new EngineAccess(null, 0, Scheme.HTTP, MetricSources.SHIPPED);

    /** Without anything that is only for one kind of engine. */
    public EngineAccess(@Nullable String path, int port, Scheme scheme, MetricSources sources, @Nullable ApiKey key) {
        this(path, port, scheme, sources, key, Map.of(), true);
    }

    /** The same with what is only for some kinds of engines. */
    public EngineAccess withFamilies(Map<EngineKind, PageFamilies> byEngine) {
        return new EngineAccess(path, port, scheme, sources, key, byEngine, eventSources);
    }

    /** Without a key. */
    public EngineAccess(@Nullable String path, int port, Scheme scheme, MetricSources sources) {
        this(path, port, scheme, sources, null);
    }
}
