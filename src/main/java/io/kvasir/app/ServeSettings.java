package io.kvasir.app;

import io.kvasir.schedule.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What {@code serve} was told, checked. Precedence: flag, environment variable, settings file, default.
 *
 * @param endpoints the endpoint file; null for the embedded demo pool
 * @param refreshMetrics fixed scrape interval; null for the adaptive one
 * @param certPath directory of certificate and key; null for a self-signed one
 * @param warnings lines to log once the program runs
 * @param unknownFlags how many flags were not known
 */
record ServeSettings(
        Mode mode,
        @Nullable Path endpoints,
        int httpPort,
        String httpHost,
        int metricsPort,
        Policy policy,
        @Nullable Duration refreshMetrics,
        Duration staleness,
        double timeScale,
        Duration drainTimeout,
        int grpcPort,
        int grpcHealthPort,
        boolean secureServing,
        @Nullable Path certPath,
        boolean certReload,
        Set<String> trustedProxies,
        boolean nameEndpoints,
        boolean jsonLog,
        String logLevel,
        List<String> warnings,
        int unknownFlags) {

    /** Which doors are open. */
    enum Mode {
        EXT_PROC,
        PROXY,
        BOTH;

        boolean proxies() {
            return this != EXT_PROC;
        }

        boolean picks() {
            return this != PROXY;
        }
    }

    private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|s|m|h)");

    /**
     * @param args arguments after the subcommand
     * @param environment the process' variables
     * @throws ConfigurationException in one line, for the first thing that is wrong
     */
    static ServeSettings of(List<String> args, Map<String, String> environment) {
        var parsed = new FlagParser().parse(args);
        var values = new Values(parsed.values(), environment);
        if (values.on(Flag.STRICT_FLAGS) && !parsed.unknown().isEmpty()) {
            throw new ConfigurationException(parsed.warnings().getFirst());
        }
        String endpoints = values.text(Flag.ENDPOINTS);
        if (endpoints.isEmpty() && environment.containsKey("KUBERNETES_SERVICE_HOST")) {
            throw new ConfigurationException(
                    "endpoints: not set; in a cluster name the replicas with --endpoints FILE (the demo pool is for laptops)");
        }
        String interval = values.text(Flag.REFRESH_METRICS_INTERVAL);
        String certPath = values.text(Flag.CERT_PATH);
        return new ServeSettings(
                mode(values.text(Flag.MODE)),
                endpoints.isEmpty() ? null : Path.of(endpoints),
                values.port(Flag.HTTP_PORT),
                values.text(Flag.HTTP_HOST),
                values.port(Flag.METRICS_PORT),
                Policy.parse(values.text(Flag.POLICY))
                        .orElseThrow(() -> ConfigurationException.bad(
                                Flag.POLICY.key(), values.text(Flag.POLICY), Policy.allowed())),
                interval.equals("auto") ? null : values.duration(Flag.REFRESH_METRICS_INTERVAL),
                values.duration(Flag.METRICS_STALENESS_THRESHOLD),
                values.number(Flag.TIME_SCALE, 0.1, 10),
                values.duration(Flag.DRAIN_TIMEOUT),
                values.port(Flag.GRPC_PORT),
                values.port(Flag.GRPC_HEALTH_PORT),
                values.on(Flag.SECURE_SERVING),
                certPath.isEmpty() ? null : Path.of(certPath),
                values.on(Flag.ENABLE_CERT_RELOAD),
                values.list(Flag.TRUSTED_PROXIES),
                values.on(Flag.NAME_ENDPOINTS),
                values.oneOf(Flag.LOG_FORMAT, "text", "json").equals("json"),
                level(values.text(Flag.LOG_LEVEL)),
                parsed.warnings(),
                parsed.unknown().size());
    }

    private static Mode mode(String text) {
        return switch (text) {
            case "ext-proc" -> Mode.EXT_PROC;
            case "proxy" -> Mode.PROXY;
            case "both" -> Mode.BOTH;
            default -> throw ConfigurationException.bad(Flag.MODE.key(), text, Flag.MODE.form());
        };
    }

    private static String level(String text) {
        try {
            return text.equals("DEBUG") || text.equals("WARN") || text.equals("ERROR")
                    ? text
                    : Level.parse(text).getName();
        } catch (IllegalArgumentException _) {
            throw ConfigurationException.bad(Flag.LOG_LEVEL.key(), text, "ERROR, WARN, INFO, DEBUG");
        }
    }

    /** Values by precedence. */
    private static final class Values {
        private final Map<String, String> flags;
        private final Map<String, String> environment;
        private final Map<String, String> file = new HashMap<>();

        Values(Map<String, String> flags, Map<String, String> environment) {
            this.flags = flags;
            this.environment = environment;
            String path = text(Flag.SETTINGS);
            if (!path.isEmpty()) {
                read(path);
            }
        }

        private void read(String path) {
            var known = new TreeSet<String>();
            for (Flag flag : Flag.values()) {
                known.add(flag.key());
            }
            var properties = new Properties();
            try (var in = Files.newBufferedReader(Path.of(path))) {
                properties.load(in);
            } catch (IOException e) {
                throw new ConfigurationException("settings: " + path + " cannot be read: " + e.getMessage());
            }
            for (String key : properties.stringPropertyNames()) {
                if (!known.contains(key)) {
                    throw new ConfigurationException(path + ": unknown key " + key + "; allowed: " + known);
                }
                file.put(key, properties.getProperty(key).strip());
            }
        }

        String text(Flag flag) {
            String value = flags.get(flag.key());
            if (value == null) {
                value = environment.get(flag.variable());
            }
            if (value == null) {
                value = file.get(flag.key());
            }
            return value == null ? flag.standard() : value;
        }

        boolean on(Flag flag) {
            return oneOf(flag, "true", "false").equals("true");
        }

        String oneOf(Flag flag, String one, String other) {
            String value = text(flag);
            if (!value.equals(one) && !value.equals(other)) {
                throw ConfigurationException.bad(flag.key(), value, one + " or " + other);
            }
            return value;
        }

        Set<String> list(Flag flag) {
            String value = text(flag);
            return value.isEmpty() ? Set.of() : Set.of(value.split("\\s*,\\s*", -1));
        }

        int port(Flag flag) {
            return (int) number(flag, 0, 65_535);
        }

        double number(Flag flag, double least, double most) {
            String value = text(flag);
            try {
                double number = Double.parseDouble(value);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException _) {
                // told below
            }
            throw ConfigurationException.bad(flag.key(), value, plain(least) + " to " + plain(most));
        }

        private static String plain(double number) {
            return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
        }

        Duration duration(Flag flag) {
            String value = text(flag);
            Matcher matcher = DURATION.matcher(value);
            if (!matcher.matches()) {
                throw ConfigurationException.bad(flag.key(), value, "a duration such as 50ms, 1s or 2m");
            }
            double seconds = Double.parseDouble(matcher.group(1))
                    * switch (matcher.group(2)) {
                        case "ms" -> 0.001;
                        case "s" -> 1;
                        case "m" -> 60;
                        default -> 3600;
                    };
            if (seconds > 86_400) {
                throw ConfigurationException.bad(flag.key(), value, "at most 24h");
            }
            return Duration.ofNanos(Math.round(seconds * 1e9));
        }
    }
}
