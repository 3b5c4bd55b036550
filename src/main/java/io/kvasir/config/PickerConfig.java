package io.kvasir.config;

import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.Profiles.NamedProfiles;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code EndpointPickerConfig} says, defaults filled in. Immutable.
 *
 * @param scheduling how endpoints are chosen; null where it says nothing of that
 * @param engines how engines are read
 * @param flow what it says of waiting
 * @param generated whether it says nothing but what a platform writes for everybody
 * @param notices one line for each thing that it says and that has no effect here
 * @param active itself, as values of JSON, with what was filled in
 */
public record PickerConfig(
        @Nullable Scheduling scheduling,
        Engines engines,
        Flow flow,
        boolean generated,
        List<String> notices,
        Map<String, Object> active) {

    /** Says nothing. */
    public static final PickerConfig NONE = new PickerConfig(
            null, new Engines(null, null, null, null, null, List.of()), Flow.NONE, false, List.of(), Map.of());

    public PickerConfig {
        notices = List.copyOf(notices);
    }

    /**
     * How endpoints are chosen.
     *
     * @param profile chooses who answers, where no header names another profile
     * @param prefill chooses who prefills; null where nobody does for others
     * @param decider whether somebody does
     * @param encode chooses who encodes media; null where nobody does for others
     * @param named profiles that a header names
     * @param dataParallelPort the port of a pod that requests are sent to; 0 for the pick's own
     */
    public record Scheduling(
            Profile profile,
            @Nullable Profile prefill,
            PdDecider decider,
            @Nullable Profile encode,
            NamedProfiles named,
            int dataParallelPort) {}

    /**
     * Whether and how requests wait.
     *
     * @param gate whether they do, as a feature gate says; null where none does
     * @param settings how; null where it says nothing of that
     */
    public record Flow(@Nullable Boolean gate, @Nullable FlowSettings settings) {
        /** Says nothing. */
        public static final Flow NONE = new Flow(null, null);
    }

    /**
     * How engines are read; null for what is not said.
     *
     * @param scheme {@code http} or {@code https}, of metrics pages
     * @param path of metrics pages
     * @param port of metrics pages, 0 for that of the engine's API
     * @param skipVerify whether any certificate is taken
     * @param defaultEngine the kind of engines whose label says none
     * @param families what is read of pages, by kind
     */
    public record Engines(
            @Nullable String scheme,
            @Nullable String path,
            @Nullable Integer port,
            @Nullable Boolean skipVerify,
            @Nullable String defaultEngine,
            List<EngineFamilies> families) {
        public Engines {
            families = List.copyOf(families);
        }
    }
}
