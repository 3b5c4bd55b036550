package io.kvasir.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts a profile together, plug-in by plug-in, in the order in which they run. */
public final class ProfileBuilder {
    private final String name;
    private final PluginRegistry registry;
    private final PluginContext context;
    private final List<Filter> filters = new ArrayList<>();
    private final List<Profile.Weighted> scorers = new ArrayList<>();
    private @Nullable Picker picker;

    /**
     * Starts an empty one.
     *
     * @param name the profile's
     * @param registry where types are looked up
     */
    public ProfileBuilder(String name, PluginRegistry registry, PluginContext context) {
        this.name = name;
        this.registry = registry;
        this.context = context;
    }

    /** Adds a plug-in of that type with all defaults; a scorer counts once. */
    public ProfileBuilder add(String type) {
        return add(type, 1, Map.of());
    }

    /**
     * Adds a plug-in of that type.
     *
     * @param weight what a scorer's values are multiplied by, finite
     * @param parameters values by parameter
     * @throws PluginException if the type is unknown or does not belong into a profile, for a bad parameter, a bad weight or
     *     a second picker
     */
    public ProfileBuilder add(String type, double weight, Map<String, ?> parameters) {
        return add(registry.type(type).make(parameters, context), weight);
    }

    /** Adds a plug-in that may stand in other profiles too; as {@link #add(String, double, Map)}. */
    public ProfileBuilder add(Plugin plugin, double weight) {
        return add(plugin, weight, plugin.name());
    }

    /**
     * As {@link #add(Plugin, double)}.
     *
     * @param called its name in explanations
     */
    public ProfileBuilder add(Plugin plugin, double weight, String called) {
        if (!Double.isFinite(weight)) {
            throw PluginException.badValue(plugin.name(), "weight", weight, "a finite number");
        }
        boolean used = false;
        if (plugin instanceof Filter filter) {
            filters.add(filter);
            used = true;
        }
        if (plugin instanceof Scorer scorer) {
            scorers.add(new Profile.Weighted(scorer, weight, called));
            used = true;
        }
        if (plugin instanceof Picker one) {
            if (picker != null) {
                throw PluginException.misplaced(
                        plugin.name(), "a second picker beside " + picker.name() + "; allowed: one");
            }
            picker = one;
            used = true;
        }
        if (!used) {
            throw PluginException.misplaced(
                    plugin.name(), "does not belong into a profile; allowed: filters, scorers, one picker");
        }
        return this;
    }

    /** The profile; the best total is picked where no picker was added. */
    public Profile build() {
        return new Profile(
                name,
                filters,
                scorers,
                picker == null ? new MaxScorePicker(MaxScorePicker.TOLERANCE.otherwise()) : picker);
    }
}
