package io.kvasir.schedule;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A type of plug-in, as configuration can ask for one.
 *
 * @param name in configuration, and of the plug-ins made
 * @param aliases other names in configuration, such as older ones
 * @param kinds what its plug-ins are, one or more
 * @param parameters what can be set, names unique
 * @param factory makes one
 */
public record PluginType(
        String name, List<String> aliases, Set<PluginKind> kinds, List<Parameter<?>> parameters, Factory factory) {

    /** Makes a plug-in. */
    @FunctionalInterface
    public interface Factory {
        /**
         * Makes one.
         *
         * @param parameters checked against the type's bounds
         */
        Plugin make(PluginParameters parameters, PluginContext context);
    }

    public PluginType {
        aliases = List.copyOf(aliases);
        kinds = Set.copyOf(kinds);
        parameters = List.copyOf(parameters);
    }

    /** A type without aliases whose plug-ins are of one kind. */
    static PluginType of(PluginKind kind, String name, Factory factory, Parameter<?>... parameters) {
        return new PluginType(name, List.of(), Set.of(kind), List.of(parameters), factory);
    }

    /** The same with other names in configuration. */
    PluginType alias(String... names) {
        return new PluginType(name, List.of(names), kinds, parameters, factory);
    }

    /**
     * Makes a plug-in.
     *
     * @param given values by parameter, as a file has them
     * @throws PluginException for an unknown parameter or a value that is not allowed
     */
    public Plugin make(Map<String, ?> given, PluginContext context) {
        return factory.make(PluginParameters.of(name, parameters, given), context);
    }
}
