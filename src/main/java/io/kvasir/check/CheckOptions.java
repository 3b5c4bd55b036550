package io.kvasir.check;

import io.kvasir.pool.ApiKey;
import io.kvasir.schedule.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The command's options, and the settings that they make. */
final class CheckOptions {
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[^\\]]+]|[^:\\[\\]]+):(\\d{1,5})");
    private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?");

    private CheckOptions() {}

    /**
     * Reads them.
     *
     * @param environment the process' variables
     * @throws IllegalArgumentException in one line that names the option, its value and what is allowed
     */
    static CheckSettings settings(ParseResult options, Map<String, String> environment) {
        String policy = options.matchedOptionValue("policy", Policy.TIME.key());
        return new CheckSettings(
                source(options, environment),
                picker(options),
                Duration.ofMillis(Math.round(1000 * options.matchedOptionValue("timeout", 3.0))),
                options.matchedOptionValue("concurrency", 16),
                Policy.parse(policy)
                        .orElseThrow(() ->
                                new IllegalArgumentException("policy: " + policy + "; allowed: " + Policy.allowed())),
                options.hasMatchedOption("strict"),
                oneOf(options, "output", "table", "json").equals("json"),
                options.hasMatchedOption("try-kv-events"),
                key(options, environment));
    }

    /** That of {@code serve}, from its variables too; no message shows it. */
    private static @Nullable ApiKey key(ParseResult options, Map<String, String> environment) {
        Path file = options.matchedOptionValue("engine-api-key-file", null);
        String variable = environment.getOrDefault("KVASIR_ENGINE_API_KEY_FILE", "");
        String text = environment.getOrDefault("KVASIR_ENGINE_API_KEY", "");
        if (file == null && !variable.isEmpty()) {
            file = Path.of(variable);
        }
        if (file != null) {
            try {
                text = Files.readString(file).strip();
            } catch (IOException e) {
                throw new IllegalArgumentException("engine-api-key-file: " + file + " cannot be read", e);
            }
        }
        try {
            return text.isEmpty() && file == null ? null : new ApiKey(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("engine-api-key-file: " + e.getMessage(), e);
        }
    }

    private static CheckSettings.Source source(ParseResult options, Map<String, String> environment) {
        Path file = options.matchedOptionValue("endpoints", null);
        String pool = options.matchedOptionValue("pool-name", null);
        if (file == null && pool == null) {
            throw new IllegalArgumentException("pool-name: not set; allowed: one of pool-name, endpoints");
        }
        if (file != null && pool != null) {
            throw new IllegalArgumentException("pool-name: " + pool + " together with endpoints; allowed: one of them");
        }
        if (file != null) {
            return new CheckSettings.EndpointList(file);
        }
        String variable = environment.getOrDefault("NAMESPACE", "");
        return new CheckSettings.Named(
                name(
                        "pool-namespace",
                        options.matchedOptionValue("pool-namespace", variable.isEmpty() ? "default" : variable)),
                name("pool-name", pool),
                oneOf(options, "pool-group", "inference.networking.k8s.io", "inference.networking.x-k8s.io"),
                options.matchedOptionValue("as", null));
    }

    private static String name(String option, String value) {
        if (!NAME.matcher(value).matches()) {
            throw new IllegalArgumentException(option + ": " + value + "; allowed: the name of an object");
        }
        return value;
    }

    private static String oneOf(ParseResult options, String name, String standard, String other) {
        String value = options.matchedOptionValue(name, standard);
        if (!value.equals(standard) && !value.equals(other)) {
            throw new IllegalArgumentException(name + ": " + value + "; allowed: " + standard + ", " + other);
        }
        return value;
    }

    private static CheckSettings.@Nullable Picker picker(ParseResult options) {
        boolean secure = oneOf(options, "secure-serving", "true", "false").equals("true");
        String value = options.matchedOptionValue("picker", null);
        if (value == null) {
            return null;
        }
        Matcher matcher = AUTHORITY.matcher(value);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65_535) {
            throw new IllegalArgumentException("picker: " + value + "; allowed: HOST:PORT");
        }
        return new CheckSettings.Picker(
                matcher.group(1).replaceAll("[\\[\\]]", ""), Integer.parseInt(matcher.group(2)), secure);
    }

    static CommandSpec spec() {
        var spec = CommandSpec.create().name("kvasir check");
        spec.usageMessage()
                .description(
                        "Looks at a pool as serve would and says what it finds; changes nothing but by --try-kv-events.",
                        "Exit status: 0 all well or only warned of, 1 a problem, 2 wrong arguments.");
        spec.addOption(option("endpoints", "FILE", Path.class, "endpoint file of the pool"));
        spec.addOption(option("pool-name", "NAME", String.class, "InferencePool of the pool"));
        spec.addOption(option(
                "pool-namespace", "NAME", String.class, "its namespace; default the variable NAMESPACE, else default"));
        spec.addOption(
                option("pool-group", "GROUP", String.class, "its API group; default inference.networking.k8s.io"));
        spec.addOption(option(
                "as",
                "USER",
                String.class,
                "ask the cluster on behalf of, for example, system:serviceaccount:NAMESPACE:NAME"));
        spec.addOption(
                option("picker", "HOST:PORT", String.class, "also look at the port of a running endpoint picker"));
        spec.addOption(
                option("secure-serving", "BOOL", String.class, "whether that port should speak TLS; default true"));
        spec.addOption(option("policy", "NAME", String.class, "policy that serve would have; default time"));
        spec.addOption(option("timeout", "SECONDS", Double.class, "for each probe; default 3"));
        spec.addOption(option("concurrency", "N", Integer.class, "endpoints looked at at once; default 16"));
        spec.addOption(option("output", "FORMAT", String.class, "table (default) or json"));
        spec.addOption(option(
                "engine-api-key-file",
                "FILE",
                Path.class,
                "key that engines demand; default the variables KVASIR_ENGINE_API_KEY_FILE, KVASIR_ENGINE_API_KEY"));
        spec.addOption(
                flag("--strict").description("a warning counts as a problem").build());
        spec.addOption(flag("--try-kv-events")
                .description("send each engine that publishes KV events a short prompt, to see whether they tell of it")
                .build());
        spec.addOption(
                flag("-h", "--help").usageHelp(true).description("this text").build());
        return spec;
    }

    private static OptionSpec.Builder flag(String... names) {
        return OptionSpec.builder(names[0], names).type(boolean.class).arity("0");
    }

    private static OptionSpec option(String name, String label, Class<?> type, String description) {
        return OptionSpec.builder("--" + name)
                .paramLabel(label)
                .type(type)
                .arity("1")
                .description(description)
                .build();
    }
}
