package io.kvasir.app;

import io.kvasir.pool.ApiKey;
import io.kvasir.scrape.EngineAccess;
import io.kvasir.scrape.EngineAccess.Scheme;
import io.kvasir.scrape.MetricSources;
import java.io.IOException;
import java.nio.file.Files;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How engines' metrics pages are got at, as flags of older pickers have it. */
final class EngineFlags {
    private static final Pattern PATH = Pattern.compile("/[!-~]*");

    private EngineFlags() {}

    static EngineAccess read(FlagValues values) {
        return new EngineAccess(
                values.given(Flag.MODEL_SERVER_METRICS_PATH)
                        ? values.matching(Flag.MODEL_SERVER_METRICS_PATH, PATH, "a path such as /metrics")
                        : null,
                values.port(Flag.MODEL_SERVER_METRICS_PORT),
                scheme(values),
                new MetricSources(
                        family(values, Flag.TOTAL_RUNNING_REQUESTS_METRIC),
                        family(values, Flag.TOTAL_QUEUED_REQUESTS_METRIC),
                        family(values, Flag.KV_CACHE_USAGE_PERCENTAGE_METRIC),
                        family(values, Flag.LORA_INFO_METRIC),
                        family(values, Flag.CACHE_INFO_METRIC)),
                key(values));
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

    private static Scheme scheme(FlagValues values) {
        boolean https =
                values.oneOf(Flag.MODEL_SERVER_METRICS_SCHEME, "http", "https").equals("https");
        if (!https) {
            return Scheme.HTTP;
        }
        return values.on(Flag.MODEL_SERVER_METRICS_HTTPS_INSECURE_SKIP_VERIFY) ? Scheme.HTTPS_UNVERIFIED : Scheme.HTTPS;
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
