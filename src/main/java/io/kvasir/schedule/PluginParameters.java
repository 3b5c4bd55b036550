package io.kvasir.schedule;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The parameters that one plug-in is made with: what was given, checked, and defaults for the rest. Immutable. */
public final class PluginParameters {
    private final Map<Parameter<?>, Object> values = new HashMap<>();

    private PluginParameters() {}

    /**
     * Checks what was given.
     *
     * @param type for messages
     * @throws PluginException for a key that the type does not have, or a value that is not allowed
     */
    static PluginParameters of(String type, List<Parameter<?>> known, Map<String, ?> given) {
        var parameters = new PluginParameters();
        for (var entry : given.entrySet()) {
            var parameter = known.stream()
                    .filter(candidate -> candidate.name().equals(entry.getKey()))
                    .findFirst()
                    .orElseThrow(() -> PluginException.unknownKey(
                            type,
                            entry.getKey(),
                            known.stream().map(Parameter::name).toList()));
            Object value = parameter.read(entry.getValue());
            if (value == null) {
                throw PluginException.badValue(type, parameter.name(), entry.getValue(), parameter.allowed());
            }
            parameters.values.put(parameter, value);
        }
        for (var parameter : known) {
            if (parameter.required() && !parameters.values.containsKey(parameter)) {
                throw PluginException.missing(type, parameter.name(), parameter.allowed());
            }
        }
        return parameters;
    }

    /** Whether a value was given. */
    public boolean has(Parameter<?> parameter) {
        return values.containsKey(parameter);
    }

    /** The value of a parameter that the type has. */
    @SuppressWarnings("unchecked") // a parameter reads nothing but its own type
    public <T> T get(Parameter<T> parameter) {
        return (T) values.getOrDefault(parameter, parameter.otherwise());
    }
}
