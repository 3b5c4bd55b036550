package io.kvasir.app;

import io.kvasir.schedule.Policy;
import java.util.Map;
import java.util.Objects;

/** What {@code --help} and {@code --version} print. */
final class Help {
    /** Longest line. */
    static final int WIDTH = 96;

    private static final String INDENT = "      ";

    /** Subjects, by the first of the flags that belong to each. */
    private static final Map<Flag, String> SUBJECTS = Map.of(
            Flag.ENDPOINTS, "Where endpoints come from: one of endpoints, pool-name and endpoint-selector",
            Flag.MODE, "Doors",
            Flag.POLICY, "Routing",
            Flag.REFRESH_METRICS_INTERVAL, "Engines",
            Flag.GRPC_HOST, "The endpoint picker (Envoy's external processing)",
            Flag.METRICS_ENDPOINT_AUTH, "The management port, and which replica is ready",
            Flag.DECISION_LOG_SHARE, "Log",
            Flag.SETTINGS, "Settings");

    private Help() {}

    /** The version of the build. */
    static String version() {
        return Objects.requireNonNullElse(Help.class.getPackage().getImplementationVersion(), "(version not told)");
    }

    private static final String SUBCOMMANDS = """
              kvasir                   the demo, on a laptop
              kvasir serve FLAGS       route over your engines; the word serve may be left out
              kvasir demo [FLAGS]      route over an embedded pool of simulated engines
              kvasir simulate FLAGS    run simulated engines
              kvasir load-test NAME    replay a trace over simulated engines and compare policies
              kvasir replay NAME       compare arms in virtual time, and draw how they fare
              kvasir check FLAGS       look at a pool as serve would and say what is wrong
              kvasir version           print the version
              kvasir help [NAME]       this page, or that of a subcommand
            """;

    static String overview() {
        return "kvasir " + version() + " routes LLM requests over a pool of inference engines.\n\n" + SUBCOMMANDS + """

                Each subcommand has --help. To begin with:

                  kvasir serve --endpoints pool.yaml         over the engines that a file names
                  kvasir serve --pool-name llama             as the endpoint picker of an InferencePool
                  kvasir check --endpoints pool.yaml         before either
                """;
    }

    static String serve() {
        var text = new StringBuilder("kvasir serve: routes requests over a pool of inference engines.\n\n")
                .append(SUBCOMMANDS);
        wrap(
                text.append('\n'),
                "",
                "A flag is also an environment variable (--http-port is "
                        + Flag.HTTP_PORT.variable()
                        + ") and a key of the settings file; the first of flag, variable, file and default counts.");
        for (Flag flag : Flag.values()) {
            String subject = SUBJECTS.get(flag);
            if (subject != null) {
                text.append('\n').append(subject).append("\n\n");
            }
            flag(text, flag);
        }
        return text.toString();
    }

    private static void flag(StringBuilder text, Flag flag) {
        boolean word = flag.form().indexOf(' ') < 0;
        text.append("  --")
                .append(flag.key())
                .append(word ? " " + flag.form() : flag.isSwitch() ? "" : " VALUE")
                .append('\n');
        String allowed = flag == Flag.POLICY || flag == Flag.SHADOW_POLICY ? Policy.allowed() : word ? "" : flag.form();
        wrap(
                text,
                INDENT,
                flag.meaning()
                        + (allowed.isEmpty() ? "" : ": " + allowed)
                        + (flag.standard().isEmpty() ? "" : " (" + flag.standard() + ")"));
    }

    private static void wrap(StringBuilder text, String indent, String words) {
        int column = 0;
        for (String word : words.split(" ", -1)) {
            if (column > 0 && column + 1 + word.length() > WIDTH) {
                text.append('\n');
                column = 0;
            }
            text.append(column == 0 ? indent : " ").append(word);
            column += (column == 0 ? indent.length() : 1) + word.length();
        }
        text.append('\n');
    }
}
