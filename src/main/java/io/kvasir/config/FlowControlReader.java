package io.kvasir.config;

import io.kvasir.admission.flow.BandSettings;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.admission.flow.Limits;
import io.kvasir.admission.flow.Ordering;
import io.kvasir.config.ConfigNode.Absent;
import io.kvasir.config.ConfigNode.Mapping;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Reads the file of flow control: keys that it lacks are as {@link FlowSettings#DEFAULT} has them. */
public final class FlowControlReader {
    private static final List<String> BOUNDS = List.of("maxRequests", "maxBytes", "maxTokens");
    private static final List<String> BAND_KEYS =
            List.of("priority", "weight", "longestWait", "ordering", "maxRequests", "maxBytes", "maxTokens");
    private static final List<String> TEMPLATE_KEYS = BAND_KEYS.subList(1, BAND_KEYS.size());
    private static final String TEMPLATE = "a mapping with keys " + String.join(", ", TEMPLATE_KEYS);

    private static final List<String> KEYS = List.of(
            "hold",
            "lowerHold",
            "headroom",
            "keepFree",
            "strict",
            "reserve",
            "promotion",
            "noEndpointWait",
            "maxRequests",
            "maxBytes",
            "maxTokens",
            "bands",
            "otherBands",
            "negativeBands",
            "halfLife",
            "tenants",
            "sessions",
            "eviction",
            "evictBegun");

    private FlowControlReader() {}

    /**
     * Reads one.
     *
     * @param source its file, for messages
     * @throws InvalidConfigException for the first thing that is wrong, with line, key, bad value and what is allowed
     */
    public static FlowSettings read(String source, byte[] content) throws InvalidConfigException {
        var root = ConfigReader.parse(source, content);
        if (root instanceof Absent) {
            return FlowSettings.DEFAULT;
        }
        if (!(root instanceof Mapping mapping)) {
            throw InvalidConfigException.at(
                    source, root.line(), "not a mapping; allowed keys: " + String.join(", ", KEYS));
        }
        var fields = Fields.of(source, "", mapping);
        return read(fields, source);
    }

    /**
     * Reads what stands in another file.
     *
     * @param in the mapping that says it
     * @param source the file, for messages
     * @throws InvalidConfigException as {@link #read(String, byte[])}
     */
    public static FlowSettings read(Fields in, String source) throws InvalidConfigException {
        in.known(KEYS, UnknownKeys.REFUSED);
        return settings(in, source);
    }

    private static FlowSettings settings(Fields in, String source) throws InvalidConfigException {
        var usual = FlowSettings.DEFAULT;
        var others = template(in, "otherBands", usual.unlisted());
        var said = in.fields("otherBands", TEMPLATE);
        boolean ordered = said != null && said.value("ordering") != null;
        var negative = template(
                in,
                "negativeBands",
                ordered ? others : others.ordered(usual.negative().ordering()));
        var bands = new TreeMap<Integer, BandSettings>();
        for (ConfigNode node : in.list("bands", "a list of {" + String.join(", ", BAND_KEYS) + "}")) {
            String at = "bands[" + bands.size() + "]";
            if (!(node instanceof Mapping mapping)) {
                throw InvalidConfigException.at(
                        source, node.line(), at + ": not a mapping; allowed: {" + String.join(", ", BAND_KEYS) + "}");
            }
            var band = Fields.of(source, at, mapping);
            band.known(BAND_KEYS, UnknownKeys.REFUSED);
            String text = band.required("priority", "required: priority", BAND_KEYS);
            int priority = (int) band.whole("priority", text, Integer.MIN_VALUE, Integer.MAX_VALUE);
            if (bands.put(priority, band(band, priority < 0 ? negative : others)) != null) {
                throw band.problem("priority", "a second band of priority " + priority);
            }
        }
        return checked(
                in,
                () -> FlowSettings.DEFAULT.toBuilder()
                        .hold(
                                FlowValues.seconds(in, "hold", usual.holdSeconds()),
                                FlowValues.seconds(in, "lowerHold", usual.lowerHoldSeconds()))
                        .headroom(in.number("headroom", usual.headroom(), 0, 0.9, null))
                        .keepFree(FlowValues.flag(in, "keepFree", usual.keepFree()))
                        .strict(FlowValues.flag(in, "strict", usual.strict()))
                        .reserve(in.number("reserve", usual.reserve(), 0, 0.5, null))
                        .promotion(in.number("promotion", usual.promotion(), 1e-3, 1, null))
                        .noEndpointSeconds(FlowValues.seconds(in, "noEndpointWait", usual.noEndpointSeconds()))
                        .limits(limits(in, usual.limits()))
                        .priorities(bands)
                        .otherBands(others, negative)
                        .halfLifeSeconds(FlowValues.seconds(in, "halfLife", usual.halfLifeSeconds()))
                        .toldApart((int) in.whole("tenants", usual.tenants(), 1, 1 << 20), (int)
                                in.whole("sessions", usual.sessions(), 1, 1 << 20))
                        .eviction(
                                FlowValues.flag(in, "eviction", usual.eviction()),
                                FlowValues.flag(in, "evictBegun", usual.evictBegun()))
                        .build());
    }

    private static BandSettings template(Fields in, String key, BandSettings usual) throws InvalidConfigException {
        var template = in.fields(key, TEMPLATE);
        if (template == null) {
            return usual;
        }
        template.known(TEMPLATE_KEYS, UnknownKeys.REFUSED);
        return band(template, usual);
    }

    private static BandSettings band(Fields in, BandSettings usual) throws InvalidConfigException {
        String allowed = Arrays.stream(Ordering.values()).map(Ordering::code).collect(Collectors.joining(", "));
        var ordering = in.oneOf("ordering", usual.ordering(), FlowControlReader::ordering, allowed);
        return checked(
                in,
                () -> new BandSettings(
                        in.number("weight", usual.weight(), 1e-3, 1e6, null),
                        FlowValues.seconds(in, "longestWait", usual.longestWaitSeconds()),
                        ordering,
                        limits(in, usual.limits())));
    }

    private static Optional<Ordering> ordering(String code) {
        return Arrays.stream(Ordering.values())
                .filter(ordering -> ordering.code().equals(code))
                .findFirst();
    }

    private static Limits limits(Fields in, Limits usual) throws InvalidConfigException {
        return new Limits(
                FlowValues.amount(in, BOUNDS.get(0), usual.requests()),
                FlowValues.amount(in, BOUNDS.get(1), usual.bytes()),
                FlowValues.amount(in, BOUNDS.get(2), usual.tokens()));
    }

    /** Something that is made of values. */
    interface Made<T> {
        T make() throws InvalidConfigException;
    }

    /** What is made of values, each of which may be out of its range. */
    static <T> T checked(Fields in, Made<T> made) throws InvalidConfigException {
        try {
            return made.make();
        } catch (IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            int colon = message.indexOf(": ");
            throw colon < 0
                    ? in.problem("priority", message)
                    : in.problem(message.substring(0, colon), message.substring(colon + 2));
        }
    }
}
