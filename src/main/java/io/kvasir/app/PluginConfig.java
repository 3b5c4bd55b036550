package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.config.ConfigNode;
import io.kvasir.config.ConfigNode.Absent;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.ConfigReader;
import io.kvasir.config.Fields;
import io.kvasir.config.InvalidConfigException;
import java.io.IOException;
import java.util.Set;

/**
 * A plug-in configuration of other pickers, in a file or in a flag. It is looked through for the two plug-ins of the Gateway
 * API conformance suite, which a file alone cannot switch on: they let clients choose endpoints.
 */
final class PluginConfig {
    private static final Set<String> TEST_PLUGINS =
            Set.of("header-based-testing-filter", "destination-endpoint-served-verifier");

    private PluginConfig() {}

    /** @throws ConfigurationException where both are given, the file cannot be read, or it is neither YAML nor JSON */
    static void check(FlagValues values, boolean conformance) {
        boolean file = values.given(Flag.CONFIG_FILE);
        boolean text = values.given(Flag.CONFIG_TEXT);
        if (file && text) {
            throw new ConfigurationException("config-file: " + values.text(Flag.CONFIG_FILE)
                    + " together with config-text; allowed: one of them");
        }
        if (file || text) {
            boolean named = file ? fileNamesTestPlugin(values) : textNamesTestPlugin(values);
            values.warn((file ? "--config-file" : "--config-text")
                    + " has no effect on routing: endpoints are chosen as --policy says"
                    + (named && !conformance ? "; its conformance plug-ins need --conformance=true" : ""));
        }
    }

    private static boolean fileNamesTestPlugin(FlagValues values) {
        var path = values.file(Flag.CONFIG_FILE);
        try {
            return namesTestPlugin(path.toString(), ConfigReader.bytes(path));
        } catch (IOException e) {
            throw ConfigurationException.unreadable(Flag.CONFIG_FILE.key(), path, e);
        } catch (InvalidConfigException e) {
            throw new ConfigurationException(Flag.CONFIG_FILE.key() + ": " + e.getMessage());
        }
    }

    private static boolean textNamesTestPlugin(FlagValues values) {
        String text = values.text(Flag.CONFIG_TEXT);
        try {
            return namesTestPlugin("line", text.getBytes(UTF_8));
        } catch (InvalidConfigException e) {
            throw ConfigurationException.bad(
                    Flag.CONFIG_TEXT.key(), text, "an EndpointPickerConfig in YAML or JSON; " + e.getMessage());
        }
    }

    private static boolean namesTestPlugin(String source, byte[] content) throws InvalidConfigException {
        var root = ConfigReader.parse(source, content);
        if (root instanceof Absent) {
            return false;
        }
        if (!(root instanceof Mapping mapping)) {
            throw InvalidConfigException.at(source, root.line(), "not a mapping");
        }
        for (ConfigNode plugin : Fields.of(source, "", mapping).list("plugins", "a list of plug-ins")) {
            if (plugin instanceof Mapping item
                    && Fields.of(source, "plugins", item).value("type") instanceof Scalar type
                    && TEST_PLUGINS.contains(type.text())) {
                return true;
            }
        }
        return false;
    }
}
