package io.kvasir.load;

import picocli.CommandLine.Model.OptionSpec;

/** How options of the commands that measure are declared. */
public final class CommandOptions {
    private CommandOptions() {}

    /** {@code --name label}: takes one value of that type. */
    public static OptionSpec option(String name, String label, Class<?> type, String description) {
        return OptionSpec.builder("--" + name)
                .paramLabel(label)
                .type(type)
                .arity("1")
                .description(description)
                .build();
    }

    /** {@code --name}: is given or not. */
    public static OptionSpec flag(String name, String description) {
        return OptionSpec.builder("--" + name)
                .type(boolean.class)
                .arity("0")
                .description(description)
                .build();
    }

    /** {@code -h}, {@code --help}. */
    public static OptionSpec help() {
        return OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .type(boolean.class)
                .arity("0")
                .description("this text")
                .build();
    }
}
