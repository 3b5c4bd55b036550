package io.kvasir.config;

import io.kvasir.admission.flow.BandSettings;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.admission.flow.Limits;
import io.kvasir.admission.flow.Ordering;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.NamedPlugins.Named;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code flowControl} of an {@code EndpointPickerConfig}, as its own reader has it: bands are strict, an amount
 * of 0 or none is the default, a time of {@code 0s} is for ever. When a request is held is decided by predicted seconds
 * here, whatever detector it names.
 */
final class FlowSection {
    private static final List<String> KEYS = List.of(
            "maxBytes",
            "maxRequests",
            "defaultRequestTTL",
            "noEndpointRequestTTL",
            "defaultPriorityBand",
            "defaultNegativePriorityBand",
            "priorityBands",
            "usageLimitPolicyPluginRef",
            "saturationDetector",
            "enableEviction");
    private static final List<String> BAND_KEYS = List.of(
            "priority",
            "maxBytes",
            "maxRequests",
            "fairnessPolicyRef",
            "orderingPolicyRef",
            "defaultRequestTTL",
            "requestTTL");

    private static final String GLOBAL = "global-strict-fairness-policy";
    private static final Set<String> FAIRNESS = Set.of(GLOBAL, "round-robin-fairness-policy", "program-aware-fairness");
    private static final Map<String, Ordering> ORDERINGS = Map.of(
            "fcfs-ordering-policy",
            Ordering.FCFS,
            "edf-ordering-policy",
            Ordering.EDF,
            "slo-deadline-ordering-policy",
            Ordering.EDF);
    private static final Set<String> CEILINGS =
            Set.of("static-usage-limit-policy", "priority-holdback-policy", "soft-reflective-ceiling-policy");
    private static final double MOST_HEADROOM = 0.9;

    private final String source;
    private final NamedPlugins plugins;
    private final List<String> notices;
    /** Types of fairness that bands name. */
    private final Set<String> fairness = new HashSet<>();

    FlowSection(String source, NamedPlugins plugins, List<String> notices) {
        this.source = source;
        this.plugins = plugins;
        this.notices = notices;
    }

    /** What it says; null where it is not there. */
    @Nullable
    FlowSettings settings(Fields document) throws InvalidConfigException {
        var flow = document.fields("flowControl", "a mapping");
        if (flow == null) {
            return null;
        }
        flow.known(KEYS, UnknownKeys.REFUSED);
        var usual = FlowSettings.DEFAULT;
        double wait = seconds(flow, "defaultRequestTTL", BandSettings.DEFAULT.longestWaitSeconds());
        double noEndpoint = seconds(flow, "noEndpointRequestTTL", wait);
        var plain = new BandSettings(1, wait, Ordering.FCFS, Limits.OF_BAND);
        var others = template(flow, "defaultPriorityBand", plain);
        var negative = template(flow, "defaultNegativePriorityBand", others);
        var bands = bands(flow, plain);
        double headroom = headroom(flow, usual.headroom());
        boolean apart = tenantsApart(flow);
        return FlowControlReader.checked(
                flow,
                () -> usual.toBuilder()
                        .headroom(headroom)
                        .strict(true)
                        .reserve(0)
                        .noEndpointSeconds(noEndpoint)
                        .limits(new Limits(
                                FlowValues.amount(flow, "maxRequests", Long.MAX_VALUE),
                                FlowValues.amount(flow, "maxBytes", Long.MAX_VALUE),
                                Long.MAX_VALUE))
                        .priorities(bands)
                        .otherBands(others, negative)
                        .toldApart(apart ? usual.tenants() : 1, apart ? usual.sessions() : 1)
                        .eviction(FlowValues.flag(flow, "enableEviction", false), false)
                        .build());
    }

    /** A time; 0 is for ever, which is a day here. */
    private static double seconds(Fields in, String key, double otherwise) throws InvalidConfigException {
        double seconds = FlowValues.seconds(in, key, otherwise);
        return seconds == 0 ? BandSettings.MOST_SECONDS : Math.min(seconds, BandSettings.MOST_SECONDS);
    }

    private BandSettings template(Fields flow, String key, BandSettings usual) throws InvalidConfigException {
        var band = flow.fields(key, "a mapping");
        if (band == null) {
            return usual;
        }
        band.known(BAND_KEYS, UnknownKeys.REFUSED);
        return band(band, usual);
    }

    private SortedMap<Integer, BandSettings> bands(Fields flow, BandSettings usual) throws InvalidConfigException {
        var bands = new TreeMap<Integer, BandSettings>();
        var nodes = flow.list("priorityBands", "a list of {" + String.join(", ", BAND_KEYS) + "}");
        for (int i = 0; i < nodes.size(); i++) {
            String at = "flowControl.priorityBands[" + i + "]";
            if (!(nodes.get(i) instanceof Mapping mapping)) {
                throw InvalidConfigException.at(
                        source,
                        nodes.get(i).line(),
                        at + ": not a mapping; allowed: {" + String.join(", ", BAND_KEYS) + "}");
            }
            var band = Fields.of(source, at, mapping);
            band.known(BAND_KEYS, UnknownKeys.REFUSED);
            int priority = (int) band.whole("priority", 0, Integer.MIN_VALUE, Integer.MAX_VALUE);
            if (bands.put(priority, band(band, usual)) != null) {
                throw band.problem("priority", "a second band of priority " + priority);
            }
        }
        return bands;
    }

    private BandSettings band(Fields in, BandSettings usual) throws InvalidConfigException {
        var fair = referred(in, "fairnessPolicyRef", FAIRNESS);
        if (fair != null) {
            fairness.add(fair.type());
        }
        var order = referred(in, "orderingPolicyRef", ORDERINGS.keySet());
        double wait = seconds(in, "defaultRequestTTL", seconds(in, "requestTTL", usual.longestWaitSeconds()));
        var limits = new Limits(
                FlowValues.amount(in, "maxRequests", usual.limits().requests()),
                FlowValues.amount(in, "maxBytes", usual.limits().bytes()),
                usual.limits().tokens());
        return FlowControlReader.checked(
                in,
                () -> new BandSettings(
                        1,
                        wait,
                        order == null ? usual.ordering() : ORDERINGS.getOrDefault(order.type(), usual.ordering()),
                        limits));
    }

    /** The plug-in that a key names, by its name or, where there is none of that name, by its type. */
    private @Nullable Named referred(Fields in, String key, Set<String> allowed) throws InvalidConfigException {
        String name = in.text(key);
        if (name == null) {
            return null;
        }
        boolean listed = plugins.all().stream().anyMatch(named -> named.name().equals(name));
        var named = !listed && allowed.contains(name) ? plugins.add(name) : plugins.find(name, in, key);
        if (named.plugin() == null) {
            // told where it is listed
            return null;
        }
        if (!allowed.contains(named.type())) {
            throw in.bad(key, name, "a plug-in of " + String.join(", ", new TreeSet<>(allowed)));
        }
        return named;
    }

    private double headroom(Fields flow, double usual) throws InvalidConfigException {
        var policy = referred(flow, "usageLimitPolicyPluginRef", CEILINGS);
        if (policy == null) {
            return usual;
        }
        String ceiling = switch (policy.type()) {
            case "static-usage-limit-policy" -> "threshold";
            case "priority-holdback-policy" -> policy.parameters().containsKey("ceilings") ? "ceilings" : "minCeiling";
            default -> null;
        };
        notices.add(source + ":" + flow.lineOf("usageLimitPolicyPluginRef") + ": " + policy.type() + ": "
                + (ceiling == null
                        ? "lower priorities leave " + usual + " of each endpoint free here"
                        : "what " + ceiling + " leaves of each endpoint is kept free of lower priorities here"));
        double least = ceiling == null ? Double.NaN : least(policy.parameters().get(ceiling));
        return least >= 0 ? Math.clamp(1 - least, 0, MOST_HEADROOM) : usual;
    }

    /** A number, or the least of several by priority; NaN for neither. */
    private static double least(@Nullable Object given) {
        return switch (given) {
            case Number number -> number.doubleValue();
            case Map<?, ?> several ->
                several.values().stream().mapToDouble(FlowSection::least).min().orElse(Double.NaN);
            case null, default -> Double.NaN;
        };
    }

    /** Whether tenants are told apart: not where all that is said of fairness is that there shall be none. */
    private boolean tenantsApart(Fields flow) {
        boolean none = fairness.equals(Set.of(GLOBAL));
        if (!none && (fairness.contains(GLOBAL) || fairness.contains("round-robin-fairness-policy"))) {
            notices.add(source + ":" + flow.mapping().line()
                    + ": flowControl: tenants of every band are served by tokens here, not by requests");
        }
        return !none;
    }
}
