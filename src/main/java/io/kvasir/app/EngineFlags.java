package io.kvasir.app;

import io.kvasir.config.PickerConfig;
import io.kvasir.pool.ApiKey;
import io.kvasir.pool.EngineKind;
import io.kvasir.scrape.EngineAccess;
import io.kvasir.scrape.EngineAccess.PageFamilies;
import io.kvasir.scrape.EngineAccess.Scheme;
import io.kvasir.scrape.MetricSources;
import java.io.IOException;
import java.nio.file.Files;
import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How engines' metrics pages are got at, as flags of older pickers have it. */
final class EngineFlags {
    private static final Pattern PATH = Pattern.compile("/[!-~]*");

    private EngineFlags() {}

    /** @param configured what counts where no flag is given */
    static EngineAccess read(FlagValues values, PickerConfig.Engines configured) {
        return new EngineAccess(
                path(values, configured),
                values.given(Flag.MODEL_SERVER_METRICS_PORT) || configured.port() == null
                        ? values.port(Flag.MODEL_SERVER_METRICS_PORT)
                        : configured.port(),
                scheme(values, configured),
                new MetricSources(
                        family(values, Flag.TOTAL_RUNNING_REQUESTS_METRIC),
                        family(values, Flag.TOTAL_QUEUED_REQUESTS_METRIC),
                        family(values, Flag.KV_CACHE_USAGE_PERCENTAGE_METRIC),
                        family(values, Flag.LORA_INFO_METRIC),
                        family(values, Flag.CACHE_INFO_METRIC)),
                key(values),
                families(values, configured),
                values.on(Flag.KV_EVENT_SOURCES));
    }

    private static @Nullable String path(FlagValues values, PickerConfig.Engines configured) {
        if (values.given(Flag.MODEL_SERVER_METRICS_PATH)) {
            return values.matching(Flag.MODEL_SERVER_METRICS_PATH, PATH, "a path such as /metrics");
        }
        String path = configured.path();
        if (path != null && !PATH.matcher(path).matches()) {
            throw new ConfigurationException("metrics-data-source.path: " + ConfigurationException.shown(path)
                    + "; allowed: a path such as /metrics");
        }
        return path;
    }

    /** What the configuration names for one kind of engine. What it names for kinds that nobody knows is told, and let be. */
    private static Map<EngineKind, PageFamilies> families(FlagValues values, PickerConfig.Engines configured) {
        var all = new EnumMap<EngineKind, PageFamilies>(EngineKind.class);
        for (var families : configured.families()) {
            var sources = new MetricSources(
                    checked(families.running(), "runningRequestsSpec"),
                    checked(families.waiting(), "queuedRequestsSpec"),
                    checked(families.kvUsage(), "kvUsageSpec"),
                    checked(families.adapters(), "loraSpec"),
                    checked(families.cache(), "cacheInfoSpec"));
            families.attributes().values().forEach(spec -> checked(spec, "metricSpec"));
            EngineKind.parse(families.engine())
                    .ifPresentOrElse(
                            kind -> all.put(kind, new PageFamilies(sources, families.attributes())),
                            () -> values.warn("core-metrics-extractor.engineConfigs: no engine is named "
                                    + families.engine() + " here; known: " + EngineKind.names()));
        }
        String standard = configured.defaultEngine();
        if (standard != null && !standard.equals(EngineKind.VLLM.label())) {
            values.warn("core-metrics-extractor.defaultEngine: engines that no label tells are read as vllm; label pods"
                    + " " + EngineKind.LABEL + "=" + standard);
        }
        return all;
    }

    private static @Nullable String checked(@Nullable String family, String key) {
        if (family != null && !MetricSources.names(family)) {
            throw new ConfigurationException("core-metrics-extractor." + key + ": "
                    + ConfigurationException.shown(family) + "; allowed: FAMILY or FAMILY{LABEL=TEXT}");
        }
        return family;
    }

    /** No message shows the key. */
    private static @Nullable ApiKey key(FlagValues values) {
        var file = values.path(Flag.ENGINE_API_KEY_FILE);
        if (file != null && values.given(Flag.ENGINE_API_KEY)) {
            throw new ConfigurationException(
                    "engine-api-key: given together with engine-api-key-file; allowed: one of them");
        }
        if (file == null) {
            return values.given(Flag.ENGINE_API_KEY)
                    ? key(Flag.ENGINE_API_KEY, values.text(Flag.ENGINE_API_KEY))
                    : null;
        }
        try {
            return key(Flag.ENGINE_API_KEY_FILE, Files.readString(file).strip());
        } catch (IOException e) {
            throw ConfigurationException.unreadable(Flag.ENGINE_API_KEY_FILE.key(), file, e);
        }
    }

    private static ApiKey key(Flag flag, String text) {
        try {
            return new ApiKey(text);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(flag.key() + ": " + e.getMessage());
        }
    }

    private static Scheme scheme(FlagValues values, PickerConfig.Engines configured) {
        String told = values.oneOf(Flag.MODEL_SERVER_METRICS_SCHEME, "http", "https");
        String scheme = values.given(Flag.MODEL_SERVER_METRICS_SCHEME) || configured.scheme() == null
                ? told
                : configured.scheme();
        boolean skips =
                values.given(Flag.MODEL_SERVER_METRICS_HTTPS_INSECURE_SKIP_VERIFY) || configured.skipVerify() == null
                        ? values.on(Flag.MODEL_SERVER_METRICS_HTTPS_INSECURE_SKIP_VERIFY)
                        : configured.skipVerify();
        return scheme.equals("http") ? Scheme.HTTP : skips ? Scheme.HTTPS_UNVERIFIED : Scheme.HTTPS;
    }

    private static @Nullable String family(FlagValues values, Flag flag) {
        String told = values.told(flag);
        if (told == null) {
            return null;
        }
        // some charts quote texts of labels, some do not
        String family = told.replace("\"", "");
        if (!MetricSources.names(family)) {
            throw ConfigurationException.bad(flag.key(), told, "FAMILY or FAMILY{LABEL=TEXT}");
        }
        values.warn(
                "--" + flag.key() + " is deprecated: tell the engine's kind (label llm-d.ai/engine-type, or engine in"
                        + " the endpoint file), and its families are known");
        return family;
    }
}
