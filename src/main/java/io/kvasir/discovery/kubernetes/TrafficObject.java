package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.kvasir.failure.ShownText;
import io.kvasir.traffic.ModelRewrite;
import io.kvasir.traffic.Objective;
import io.kvasir.traffic.Objectives;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An InferenceObjective or an InferenceModelRewrite, cut down.
 *
 * @param name of the object
 * @param pool name of the pool that it is for; null where it names none
 * @param said what it says
 * @param warnings one line for each part of it that cannot be meant and is left out
 * @param <O> an objective or a rewrite
 */
record TrafficObject<O>(String name, @Nullable String pool, O said, List<String> warnings) {
    /** Annotations of an InferenceObjective: ms that are enough for those of its requests that do not say. */
    static final String TTFT_SLO = "kvasir.io/slo-ttft-ms";

    static final String TPOT_SLO = "kvasir.io/slo-tpot-ms";

    /** Groups of both kinds, the one that is looked for first in front. */
    static final List<String> GROUPS = List.of("llm-d.ai", InferencePool.OLD_GROUP);

    static ResourceDefinitionContext definition(String group, String kind, String plural) {
        return new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion("v1alpha2")
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(true)
                .build();
    }

    /** Reads an InferenceObjective: its priority, and by annotations how fast is fast enough. */
    static TrafficObject<Objective> objective(GenericKubernetesResource object) {
        var spec = spec(object);
        int priority = spec.get("priority") instanceof Number number ? number.intValue() : Objectives.DEFAULT_PRIORITY;
        var warnings = new ArrayList<String>();
        var said = new Objective(priority, seconds(object, TTFT_SLO, warnings), seconds(object, TPOT_SLO, warnings));
        return new TrafficObject<>(object.getMetadata().getName(), pool(spec), said, List.copyOf(warnings));
    }

    /** What an annotation says in ms; NaN where it says nothing, or nothing that can be meant. */
    private static double seconds(GenericKubernetesResource object, String annotation, List<String> warnings) {
        var annotations = object.getMetadata().getAnnotations();
        String text = annotations == null ? null : annotations.get(annotation);
        if (text == null || text.isBlank()) {
            return Double.NaN;
        }
        double seconds = Objective.seconds(text);
        if (Double.isNaN(seconds)) {
            warnings.add("objective " + object.getMetadata().getName() + ": " + annotation + ": bad value "
                    + ShownText.of(text) + " is ignored; allowed: ms above 0, up to a day");
        }
        return seconds;
    }

    /** Reads an InferenceModelRewrite. A rule all of whose matches are of an unknown type is left out. */
    static TrafficObject<ModelRewrite> rewrite(GenericKubernetesResource object) {
        var spec = spec(object);
        String name = object.getMetadata().getName();
        var rules = Fields.list(spec.get("rules")).stream()
                .map(rule -> rule(Fields.mapping(rule)))
                .filter(Objects::nonNull)
                .toList();
        return new TrafficObject<>(name, pool(spec), new ModelRewrite(name, created(object), rules), List.of());
    }

    private static ModelRewrite.@Nullable Rule rule(Map<?, ?> rule) {
        var matches = Fields.list(rule.get("matches"));
        var models = new ArrayList<String>();
        boolean every = matches.isEmpty();
        for (Object match : matches) {
            var model = Fields.mapping(Fields.mapping(match).get("model"));
            String type = Fields.text(model.get("type"));
            String value = Fields.text(model.get("value"));
            if (model.isEmpty()) {
                every = true;
            } else if (value != null && (type == null || type.equals("Exact"))) {
                models.add(value);
            }
        }
        if (!every && models.isEmpty()) {
            return null;
        }
        var targets = Fields.list(rule.get("targets")).stream()
                .map(target -> target(Fields.mapping(target)))
                .toList();
        return new ModelRewrite.Rule(every ? List.of() : models, targets);
    }

    private static ModelRewrite.Target target(Map<?, ?> target) {
        String model = Fields.text(target.get("modelRewrite"));
        int weight = target.get("weight") instanceof Number number ? Math.max(0, number.intValue()) : 0;
        return new ModelRewrite.Target(model == null ? "" : model, weight);
    }

    /** The API server writes it always; an object without counts as the youngest. */
    private static Instant created(GenericKubernetesResource object) {
        try {
            return Instant.parse(object.getMetadata().getCreationTimestamp());
        } catch (DateTimeException | NullPointerException _) {
            return Instant.MAX;
        }
    }

    private static Map<?, ?> spec(GenericKubernetesResource object) {
        return Fields.mapping(object.getAdditionalProperties().get("spec"));
    }

    private static @Nullable String pool(Map<?, ?> spec) {
        var reference = Fields.mapping(spec.get("poolRef"));
        String kind = Fields.text(reference.get("kind"));
        return kind == null || kind.equals("InferencePool") ? Fields.text(reference.get("name")) : null;
    }
}
