package io.kvasir.config;

import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.NamedPlugins.Named;
import io.kvasir.config.PickerConfig.Scheduling;
import io.kvasir.failure.ShownText;
import io.kvasir.schedule.BuiltIn;
import io.kvasir.schedule.Filter;
import io.kvasir.schedule.MediaDecider;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Picker;
import io.kvasir.schedule.PluginContext;
import io.kvasir.schedule.PluginException;
import io.kvasir.schedule.PluginRegistry;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.ProfileBuilder;
import io.kvasir.schedule.ProfileHandler;
import io.kvasir.schedule.ProfileHandler.ByHeader;
import io.kvasir.schedule.ProfileHandler.DataParallel;
import io.kvasir.schedule.ProfileHandler.Disaggregated;
import io.kvasir.schedule.ProfileHandler.Single;
import io.kvasir.schedule.Profiles.NamedProfiles;
import io.kvasir.schedule.Scorer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The list {@code schedulingProfiles} of a configuration, and what its handler makes of it. */
final class SchedulingProfiles {
    private static final String KEY = "schedulingProfiles";
    private static final String PLUGINS = "plugins";
    private static final String REF = "pluginRef";
    private static final String WEIGHT = "weight";
    private static final String DEFAULT_PICKER = "max-score-picker";

    /** What scores where nothing is configured at all, and how much. */
    private static final Map<String, Double> DEFAULT_SCORERS = new LinkedHashMap<>();

    static {
        DEFAULT_SCORERS.put("queue-scorer", 2.0);
        DEFAULT_SCORERS.put("kv-cache-utilization-scorer", 2.0);
        DEFAULT_SCORERS.put("prefix-cache-scorer", 3.0);
    }

    /**
     * A plug-in of a profile.
     *
     * @param line where it is named; 0 for one that was filled in
     * @param weight counts for scorers
     */
    record Member(int line, Named plugin, double weight) {}

    private final String source;
    private final NamedPlugins plugins;
    private final PluginRegistry registry;
    private final PluginContext context;
    private final List<String> notices;
    private final Map<String, List<Member>> lists = new LinkedHashMap<>();

    SchedulingProfiles(
            String source, NamedPlugins plugins, PluginRegistry registry, PluginContext context, List<String> notices) {
        this.source = source;
        this.plugins = plugins;
        this.registry = registry;
        this.context = context;
        this.notices = notices;
    }

    /** Reads the list, and fills in what other pickers fill in. */
    void read(Fields document) throws InvalidConfigException {
        var items = document.list(KEY, "a list of {name, plugins}");
        for (int i = 0; i < items.size(); i++) {
            String at = KEY + "[" + i + "]";
            if (!(items.get(i) instanceof Mapping mapping)) {
                throw InvalidConfigException.at(
                        source, items.get(i).line(), at + ": not a mapping; allowed: {name, plugins}");
            }
            var item = Fields.of(source, at, mapping);
            item.known(List.of("name", PLUGINS), UnknownKeys.REFUSED);
            String name = item.required("name", "required: name", List.of("name", PLUGINS));
            if (lists.put(name, members(item, at)) != null) {
                throw item.problem("name", "a second profile named " + ShownText.of(name));
            }
        }
        if (items.isEmpty()) {
            var found = found();
            if (!found.isEmpty()) {
                lists.put("default", found);
            }
        }
        for (var list : lists.values()) {
            fill(list);
        }
    }

    private List<Member> members(Fields profile, String at) throws InvalidConfigException {
        var members = new ArrayList<Member>();
        var items = profile.list(PLUGINS, "a list of {pluginRef, weight}");
        for (int i = 0; i < items.size(); i++) {
            String here = at + ".plugins[" + i + "]";
            if (!(items.get(i) instanceof Mapping mapping)) {
                throw InvalidConfigException.at(
                        source, items.get(i).line(), here + ": not a mapping; allowed: {pluginRef, weight}");
            }
            var item = Fields.of(source, here, mapping);
            item.known(List.of(REF, WEIGHT), UnknownKeys.REFUSED);
            var named = plugins.referred(item, REF);
            double weight = item.number(WEIGHT, 1, -1e9, 1e9, null);
            if (named.plugin() != null) {
                if (!belongs(named)) {
                    throw item.problem(
                            REF,
                            named.type() + " does not belong into a profile; allowed: filters, scorers, one picker");
                }
                members.add(new Member(item.lineOf(REF), named, weight));
            }
        }
        return members;
    }

    private static boolean belongs(Named named) {
        return named.plugin() instanceof Filter || named.plugin() instanceof Scorer || named.plugin() instanceof Picker;
    }

    /** All of the document that belong into a profile, in its order; what scores by default where it is empty. */
    private List<Member> found() {
        var found = new ArrayList<Member>();
        plugins.all().stream().filter(SchedulingProfiles::belongs).forEach(named -> found.add(new Member(0, named, 1)));
        return found;
    }

    private void fill(List<Member> list) {
        boolean picks = list.stream().anyMatch(member -> member.plugin.plugin() instanceof Picker);
        if (!picks) {
            var picker = plugins.all().stream()
                    .filter(named -> named.plugin() instanceof Picker)
                    .findFirst()
                    .orElseGet(() -> plugins.add(DEFAULT_PICKER));
            list.add(new Member(0, picker, 1));
        }
    }

    /** Its plug-ins by profile, filled in. */
    Map<String, List<Member>> lists() {
        return lists;
    }

    /** As values of JSON, with what was filled in. */
    List<Map<String, Object>> active() {
        var active = new ArrayList<Map<String, Object>>();
        lists.forEach((name, members) -> {
            var list = new ArrayList<Map<String, Object>>();
            for (var member : members) {
                var entry = new LinkedHashMap<String, Object>();
                entry.put(REF, member.plugin.name());
                if (member.plugin.plugin() instanceof Scorer) {
                    entry.put(WEIGHT, member.weight);
                }
                list.add(entry);
            }
            active.add(Map.of("name", name, PLUGINS, list));
        });
        return active;
    }

    /** How endpoints are chosen; null where nothing is said of it. */
    @Nullable
    Scheduling scheduling(Fields document) throws InvalidConfigException {
        var handlers = plugins.of(ProfileHandler.class);
        if (handlers.size() > 1) {
            throw document.problem(
                    PLUGINS, "a second profile handler, " + handlers.get(1).name() + "; allowed: one");
        }
        if (lists.isEmpty()) {
            if (handlers.isEmpty() && !plugins.all().isEmpty()
                    || document.mapping().entries().isEmpty()) {
                return null;
            }
            byDefault();
        }
        if (handlers.isEmpty() && lists.size() > 1) {
            throw document.problem(
                    KEY,
                    "several profiles, and no plug-in says which to use; allowed: header-profile-handler,"
                            + " disagg-profile-handler");
        }
        return switch (handlers.isEmpty() ? new Single() : handlers.getFirst()) {
            case Single single ->
                new Scheduling(only(document, single), null, new PdDecider.Never(), null, NamedProfiles.NONE, 0);
            case DataParallel ranks ->
                new Scheduling(
                        only(document, ranks),
                        null,
                        new PdDecider.Never(),
                        null,
                        NamedProfiles.NONE,
                        ranks.primaryPort());
            case ByHeader byHeader -> byHeader(document, byHeader);
            case Disaggregated stages -> disaggregated(document, stages);
        };
    }

    private void byDefault() {
        var members = new ArrayList<Member>();
        DEFAULT_SCORERS.forEach((type, weight) -> members.add(new Member(0, plugins.add(type), weight)));
        fill(members);
        lists.put("default", members);
    }

    private Profile only(Fields document, ProfileHandler handler) throws InvalidConfigException {
        if (lists.size() != 1) {
            throw document.problem(KEY, handler.name() + " takes one profile, not " + lists.size());
        }
        return profile(lists.keySet().iterator().next(), true);
    }

    private Scheduling byHeader(Fields document, ByHeader handler) throws InvalidConfigException {
        var all = new LinkedHashMap<String, Profile>();
        for (String name : lists.keySet()) {
            all.put(name, profile(name, true));
        }
        // one alone runs whatever a header says
        var otherwise = all.size() == 1 ? all.values().iterator().next() : all.get(handler.otherwise());
        if (otherwise == null) {
            throw noProfile(document, handler.name() + ".defaultProfile", handler.otherwise());
        }
        return new Scheduling(
                otherwise,
                null,
                new PdDecider.Never(),
                null,
                all.size() == 1 ? NamedProfiles.NONE : new NamedProfiles(handler.header(), all),
                0);
    }

    private Scheduling disaggregated(Fields document, Disaggregated stages) throws InvalidConfigException {
        if (!lists.containsKey(stages.decode())) {
            throw noProfile(document, stages.name() + ".profiles.decode", stages.decode());
        }
        if (stages.prefillFirst()) {
            notices.add(source + ":" + document.lineOf(PLUGINS)
                    + ": stageOrder prefill-first: the endpoint that decodes is chosen first all the same; somebody"
                    + " always prefills for it");
        }
        boolean prefills =
                has(document, stages.name() + ".profiles.prefill", stages.prefill(), stages.prefillDecider());
        return new Scheduling(
                profile(stages.decode(), true),
                prefills ? profile(stages.prefill(), false) : null,
                prefills ? decider(document, stages) : new PdDecider.Never(),
                encodes(document, stages) ? profile(stages.encode(), false) : null,
                NamedProfiles.NONE,
                0);
    }

    /** Whether there is the profile of a part; one that lacks is told of where a plug-in decides on that part. */
    private boolean has(Fields document, String key, String profile, String decider) {
        boolean has = lists.containsKey(profile);
        if (!has && !decider.isEmpty()) {
            notices.add(source + ":" + document.lineOf(KEY) + ": " + key + ": no profile is named "
                    + ShownText.of(profile) + ", so that " + ShownText.of(decider) + " decides nothing; allowed: "
                    + String.join(", ", lists.keySet()));
        }
        return has;
    }

    private boolean encodes(Fields document, Disaggregated stages) throws InvalidConfigException {
        String name = stages.encodeDecider();
        if (!has(document, stages.name() + ".profiles.encode", stages.encode(), name)) {
            return false;
        }
        if (name.isEmpty()) {
            boolean decided = !plugins.of(MediaDecider.class).isEmpty();
            if (!decided) {
                notices.add(source + ":" + document.lineOf(PLUGINS) + ": " + stages.name()
                        + " names no decider of media, so that nobody encodes for others; deciders.encode names one");
            }
            return decided;
        }
        var named = plugins.find(name, document, PLUGINS);
        if (named.plugin() instanceof MediaDecider) {
            return true;
        }
        throw document.problem(
                PLUGINS,
                stages.name() + ".deciders.encode: " + ShownText.of(name) + " is a " + named.type()
                        + "; allowed: an always-disagg-multimodal-decider");
    }

    private PdDecider decider(Fields document, Disaggregated stages) throws InvalidConfigException {
        String name = stages.prefillDecider();
        if (!name.isEmpty()) {
            var named = plugins.find(name, document, PLUGINS);
            if (named.plugin() instanceof PdDecider decider) {
                return decider;
            }
            throw document.problem(
                    PLUGINS,
                    stages.name() + ".deciders.prefill: " + ShownText.of(name) + " is a " + named.type()
                            + "; allowed: a decider such as prefix-based-pd-decider");
        }
        if (stages.leastUncached() >= 0) {
            return stages.leastUncached() == 0
                    ? new PdDecider.Always()
                    : new PdDecider.UncachedTokens(stages.leastUncached(), 0);
        }
        var deciders = plugins.of(PdDecider.class);
        if (deciders.size() == 1) {
            return deciders.getFirst();
        }
        notices.add(source + ":" + document.lineOf(PLUGINS) + ": " + stages.name()
                + " names no decider, so that nobody prefills for others; deciders.prefill names one");
        return new PdDecider.Never();
    }

    private InvalidConfigException noProfile(Fields document, String key, String name) {
        return document.problem(
                KEY,
                key + ": no profile is named " + ShownText.of(name) + "; allowed: "
                        + (lists.isEmpty() ? "none, as there are none" : String.join(", ", lists.keySet())));
    }

    /** @param answers whether it chooses who answers clients */
    private Profile profile(String name, boolean answers) throws InvalidConfigException {
        var builder = new ProfileBuilder(name, registry, context);
        var members = lists.getOrDefault(name, List.of());
        if (answers) {
            Policy.SAFEGUARDS.stream()
                    .filter(type -> members.stream()
                            .noneMatch(member -> member.plugin.type().equals(type)))
                    .forEach(builder::add);
        }
        for (var member : members) {
            var plugin = member.plugin.plugin();
            if (plugin != null && !(plugin instanceof BuiltIn)) {
                try {
                    builder.add(plugin, member.weight, member.plugin.name());
                } catch (PluginException e) {
                    throw InvalidConfigException.at(source, member.line, String.valueOf(e.getMessage()));
                }
            }
        }
        return builder.build();
    }
}
