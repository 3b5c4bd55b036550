package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * A plug-in configuration of other pickers, in a file or in a flag. It is looked through for the two plug-ins of the Gateway
 * API conformance suite, which a file alone cannot switch on: they let clients choose endpoints.
 */
final class PluginConfig {
    private static final int MOST_BYTES = 1 << 20;
    private static final Pattern TEST_PLUGIN = Pattern.compile(
            "(?m)^[^#\\n]*\\btype[\"']?\\s*:\\s*[\"']?(?:header-based-testing-filter|destination-endpoint-served-verifier)\\b");

    private PluginConfig() {}

    /** @throws ConfigurationException where both are given, or the file cannot be read */
    static void check(FlagValues values, boolean conformance) {
        boolean file = values.given(Flag.CONFIG_FILE);
        boolean text = values.given(Flag.CONFIG_TEXT);
        if (file && text) {
            throw new ConfigurationException("config-file: " + values.text(Flag.CONFIG_FILE)
                    + " together with config-text; allowed: one of them");
        }
        if (file || text) {
            String config = file ? read(values.file(Flag.CONFIG_FILE)) : values.text(Flag.CONFIG_TEXT);
            boolean ignored = !conformance && TEST_PLUGIN.matcher(config).find();
            values.warn((file ? "--config-file" : "--config-text")
                    + " has no effect on routing: endpoints are chosen as --policy says"
                    + (ignored ? "; its conformance plug-ins need --conformance=true" : ""));
        }
    }

    private static String read(Path path) {
        try (var in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw ConfigurationException.bad(Flag.CONFIG_FILE.key(), path.toString(), "a file of at most 1 MiB");
            }
            return new String(bytes, UTF_8);
        } catch (IOException e) {
            throw ConfigurationException.unreadable(Flag.CONFIG_FILE.key(), path, e);
        }
    }
}
