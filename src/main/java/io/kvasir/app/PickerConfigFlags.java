package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.config.ConfigReader;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.PickerConfig;
import io.kvasir.config.PickerConfigReader;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.PluginContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An {@code EndpointPickerConfig} in a file or in a flag.
 *
 * @param file null where it is in a flag
 * @param text null where it is in a file
 * @param refusing whether a plug-in type that is not here is refused
 * @param queueing what a flag says of the gate that has requests wait; null where none does
 */
record PickerConfigFlags(
        @Nullable Path file,
        @Nullable String text,
        boolean refusing,
        @Nullable Boolean queueing) {
    /** What configurations in a flag are called in messages. */
    static final String LINE = "line";

    private static final Set<String> TEST_PLUGINS =
            Set.of("header-based-testing-filter", "destination-endpoint-served-verifier");

    /**
     * Which one is given.
     *
     * @return null where none is
     * @throws ConfigurationException where both are
     */
    static @Nullable PickerConfigFlags of(FlagValues values) {
        boolean file = values.given(Flag.CONFIG_FILE);
        boolean text = values.given(Flag.CONFIG_TEXT);
        if (file && text) {
            throw new ConfigurationException("config-file: " + values.text(Flag.CONFIG_FILE)
                    + " together with config-text; allowed: one of them");
        }
        boolean refusing =
                values.oneOf(Flag.UNSUPPORTED_PLUGINS, "ignore", "refuse").equals("refuse");
        var queueing = queueing(values);
        return file
                ? new PickerConfigFlags(values.file(Flag.CONFIG_FILE), null, refusing, queueing)
                : text ? new PickerConfigFlags(null, values.text(Flag.CONFIG_TEXT), refusing, queueing) : null;
    }

    /** What gates in a flag say of requests that wait; null for nothing. */
    static @Nullable Boolean queueing(FlagValues values) {
        Boolean queueing = null;
        String text = values.text(Flag.FEATURE_GATES).strip();
        for (String gate : text.isEmpty() ? new String[0] : text.split("\\s*,\\s*", -1)) {
            int equals = gate.indexOf('=');
            String name = equals < 0 ? gate : gate.substring(0, equals);
            String value = equals < 0 ? "true" : gate.substring(equals + 1);
            if (!PickerConfigReader.knowsGate(name) || !Switch.isLiteral(value)) {
                throw ConfigurationException.bad(
                        Flag.FEATURE_GATES.key(),
                        gate,
                        "NAME, NAME=true or NAME=false, of " + PickerConfigReader.gates() + ", separated by commas");
            }
            queueing = name.equals(PickerConfigReader.QUEUE) ? (Boolean) Switch.isOn(value) : queueing;
        }
        return queueing;
    }

    /** The flag that names it. */
    String flag() {
        return file == null ? Flag.CONFIG_TEXT.key() : Flag.CONFIG_FILE.key();
    }

    /** What it is called in messages. */
    String source() {
        return file == null ? LINE : file.toString();
    }

    /**
     * Reads it, to see whether it can be used.
     *
     * @param conformance whether the plug-ins of the conformance suite are switched on
     * @throws ConfigurationException where it cannot be
     */
    PickerConfig check(FlagValues values, boolean conformance) {
        try {
            var content = content();
            var config = read(content, new TimeModel(ModelCatalogue.load()));
            config.notices().stream()
                    .filter(notice -> !conformance || TEST_PLUGINS.stream().noneMatch(notice::contains))
                    .forEach(notice -> values.warn(text == null ? notice : "--config-text, " + notice));
            if (!conformance && PickerConfigReader.names(source(), content, TEST_PLUGINS)) {
                values.warn("--" + flag() + ": its conformance plug-ins need --conformance=true");
            }
            return config;
        } catch (IOException e) {
            throw ConfigurationException.unreadable(flag(), Path.of(source()), e);
        } catch (InvalidConfigException e) {
            throw text == null
                    ? new ConfigurationException(flag() + ": " + e.getMessage())
                    : ConfigurationException.bad(
                            flag(), text, "an EndpointPickerConfig in YAML or JSON; " + e.getMessage());
        }
    }

    private byte[] content() throws IOException {
        return file == null ? String.valueOf(text).getBytes(UTF_8) : ConfigReader.bytes(file);
    }

    /** What a content of it says. */
    PickerConfig read(byte[] content, TimeModel time) throws InvalidConfigException {
        return new PickerConfigReader(new PluginContext(time), refusing, queueing).read(source(), content);
    }

    /** What it says where it is in a flag; it was checked before. */
    PickerConfig fixed(TimeModel time) throws InvalidConfigException {
        return read(String.valueOf(text).getBytes(UTF_8), time);
    }
}
