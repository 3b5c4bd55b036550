package io.kvasir.app;

import io.kvasir.schedule.Policy;

/** What {@code --help} prints. */
final class Help {
    private Help() {}

    static String overview() {
        return """
                kvasir routes LLM requests over a pool of inference engines.

                  kvasir [serve] [flags]   route (the default); without --endpoints over an embedded demo pool
                  kvasir simulate [flags]  run simulated engines
                  kvasir load-test SCENARIO...  replay a trace over simulated engines and compare policies
                  kvasir check [flags]     look at a pool as serve would and say what is wrong
                  kvasir help              this page

                Each subcommand has --help.
                """;
    }

    static String serve() {
        var text = new StringBuilder("""
                kvasir serve: routes requests over a pool of inference engines.

                A flag is also an environment variable and a key of the settings file; the first of flag, variable,
                file and default counts.

                """);
        for (Flag flag : Flag.values()) {
            text.append("  --").append(flag.key()).append(' ').append(flag.form());
            if (!flag.standard().isEmpty()) {
                text.append(" (").append(flag.standard()).append(')');
            }
            text.append("\n      ").append(flag.meaning());
            if (flag == Flag.POLICY) {
                text.append(": ").append(Policy.allowed());
            }
            text.append("; ").append(flag.variable()).append('\n');
        }
        return text.toString();
    }
}
