package io.kvasir.schedule;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The types of {@link ProfileHandler}, with the field's names, defaults and older spellings. */
final class ProfileHandlerTypes {
    private static final Parameter<String> HEADER = Parameter.text("headerName", "epp-profile");
    private static final Parameter<String> PHASE = Parameter.text("headerName", "epp-phase");
    private static final Parameter<String> OTHERWISE = Parameter.text("defaultProfile", "decode");
    private static final Parameter<Long> PRIMARY_PORT = Parameter.whole("primaryPort", 8000, 1, 65_535);
    private static final Parameter<String> ORDER =
            Parameter.word("stageOrder", "decode-first", "decode-first", "prefill-first");
    private static final Parameter<String> DECODE = Parameter.text("profiles.decode", "decode");
    private static final Parameter<String> PREFILL = Parameter.text("profiles.prefill", "prefill");
    private static final Parameter<String> ENCODE = Parameter.text("profiles.encode", "encode");
    private static final Parameter<String> DECIDER = Parameter.text("deciders.prefill", "");
    private static final Parameter<String> ENCODE_DECIDER = Parameter.text("deciders.encode", "");
    private static final Parameter<String> OLD_DECODE = Parameter.text("decodeProfile", "decode");
    private static final Parameter<String> OLD_PREFILL = Parameter.text("prefillProfile", "prefill");
    private static final Parameter<String> OLD_ENCODE = Parameter.text("encodeProfile", "encode");
    private static final Parameter<String> OLD_PREFILL_DECIDER = Parameter.text("prefillDeciderPluginName", "");
    private static final Parameter<String> OLD_DECIDER = Parameter.text("deciderPluginName", "");
    private static final Parameter<String> OLD_ENCODE_DECIDER = Parameter.text("encodeDeciderPluginName", "");
    private static final Parameter<Long> THRESHOLD = Parameter.whole("threshold", 0, 0, Integer.MAX_VALUE);

    private static final List<Parameter<?>> NESTED = List.of(DECODE, PREFILL, ENCODE, DECIDER, ENCODE_DECIDER);
    private static final List<Parameter<?>> FLAT =
            List.of(OLD_DECODE, OLD_PREFILL, OLD_ENCODE, OLD_PREFILL_DECIDER, OLD_DECIDER, OLD_ENCODE_DECIDER);

    static final PluginType SINGLE =
            PluginType.of(PluginKind.HANDLER, "single-profile-handler", (_, _) -> new ProfileHandler.Single());

    static final PluginType BY_HEADER = byHeader("header-profile-handler", HEADER);

    /** For who asks once a stage, and says which one it is. */
    static final PluginType BY_PHASE = byHeader("header-phase-profile-handler", PHASE);

    static final PluginType DATA_PARALLEL = PluginType.of(
            PluginKind.HANDLER,
            "data-parallel-profile-handler",
            (given, _) ->
                    new ProfileHandler.DataParallel(given.get(PRIMARY_PORT).intValue()),
            PRIMARY_PORT);

    /** The oldest one has no deciders, but a threshold and parameters of what hashes prompts. */
    static final PluginType DISAGGREGATED = new PluginType(
            "disagg-profile-handler",
            List.of("pd-profile-handler"),
            Set.of(PluginKind.HANDLER),
            List.of(
                    ORDER,
                    DECODE,
                    PREFILL,
                    ENCODE,
                    DECIDER,
                    ENCODE_DECIDER,
                    OLD_DECODE,
                    OLD_PREFILL,
                    OLD_ENCODE,
                    OLD_PREFILL_DECIDER,
                    OLD_DECIDER,
                    OLD_ENCODE_DECIDER,
                    THRESHOLD,
                    Parameter.any("hashBlockSize"),
                    Parameter.any("primaryPort")),
            (given, _) -> disaggregated(given));

    private ProfileHandlerTypes() {}

    private static PluginType byHeader(String name, Parameter<String> header) {
        return PluginType.of(
                PluginKind.HANDLER,
                name,
                (given, _) -> new ProfileHandler.ByHeader(
                        name, given.get(header).toLowerCase(Locale.ROOT), given.get(OTHERWISE)),
                header,
                OTHERWISE);
    }

    private static ProfileHandler disaggregated(PluginParameters given) {
        boolean nested = NESTED.stream().anyMatch(given::has);
        boolean flat = FLAT.stream().anyMatch(given::has);
        String name = DISAGGREGATED_NAME;
        if (nested && flat) {
            throw PluginException.misplaced(
                    name, "nested parameters (profiles, deciders) together with older ones; allowed: one kind");
        }
        boolean prefillFirst = given.get(ORDER).equals("prefill-first");
        String decider = flat
                ? given.has(OLD_PREFILL_DECIDER) ? given.get(OLD_PREFILL_DECIDER) : given.get(OLD_DECIDER)
                : given.get(DECIDER);
        if (prefillFirst && !decider.isEmpty()) {
            throw PluginException.badValue(
                    name, "deciders.prefill", decider, "none with stageOrder prefill-first, which always prefills");
        }
        return new ProfileHandler.Disaggregated(
                flat ? given.get(OLD_DECODE) : given.get(DECODE),
                flat ? given.get(OLD_PREFILL) : given.get(PREFILL),
                flat ? given.get(OLD_ENCODE) : given.get(ENCODE),
                decider,
                flat ? given.get(OLD_ENCODE_DECIDER) : given.get(ENCODE_DECIDER),
                prefillFirst,
                decider.isEmpty() && (prefillFirst || given.has(THRESHOLD))
                        ? given.get(THRESHOLD).intValue()
                        : -1);
    }

    private static final String DISAGGREGATED_NAME = "disagg-profile-handler";
}
