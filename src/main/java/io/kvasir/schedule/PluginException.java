package io.kvasir.schedule;

import io.kvasir.failure.NearMiss;
import io.kvasir.failure.ShownText;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A plug-in cannot be made as configuration asks. The message is one line: plug-in, key, the bad value and what is allowed,
 * without the place where that was written, which only its reader knows.
 */
public final class PluginException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final String plugin;
    private final @Nullable String key;

    private PluginException(String plugin, @Nullable String key, String problem) {
        super((key == null ? plugin : plugin + "." + key) + ": " + problem);
        this.plugin = plugin;
        this.key = key;
    }

    static PluginException badValue(String plugin, String key, Object value, String allowed) {
        return new PluginException(
                plugin, key, "bad value " + ShownText.of(String.valueOf(value)) + "; allowed: " + allowed);
    }

    static PluginException missing(String plugin, String key, String allowed) {
        return new PluginException(plugin, key, "missing; required: " + allowed);
    }

    static PluginException unknownKey(String plugin, String key, Collection<String> known) {
        return new PluginException(plugin, plain(key), "unknown parameter" + allowed(key, known));
    }

    static PluginException unknownType(String type, Collection<String> known) {
        return new PluginException(plain(type), null, "unknown plug-in type" + allowed(type, known));
    }

    static PluginException misplaced(String plugin, String problem) {
        return new PluginException(plugin, null, problem);
    }

    private static String allowed(String written, Collection<String> known) {
        String near = NearMiss.of(written, known);
        return (near == null ? "; allowed: " : ", did you mean " + near + "? allowed: ")
                + (known.isEmpty() ? "none" : String.join(", ", known));
    }

    /** As {@link ShownText}, without the quotes. */
    private static String plain(String written) {
        String shown = ShownText.of(written);
        return shown.substring(1, shown.length() - 1);
    }

    /** The plug-in's type, as it was asked for where there is none. */
    public String plugin() {
        return plugin;
    }

    /** The parameter, as it was written; null where it is about the plug-in itself. */
    public @Nullable String key() {
        return key;
    }
}
