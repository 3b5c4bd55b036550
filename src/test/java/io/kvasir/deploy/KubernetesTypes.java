package io.kvasir.deploy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects into the types of the Kubernetes client, made strict: an unknown field is an error, and so is a number
 * where a text belongs and the other way round. Kinds that the client does not know are read into {@link CustomTypes}.
 */
final class KubernetesTypes {
    private static final KubernetesSerialization KNOWN = new KubernetesSerialization(new ObjectMapper(), true);

    private static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(LogicalType.Textual, texts -> {
                texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail);
                texts.setCoercion(CoercionInputShape.Float, CoercionAction.Fail);
                texts.setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
            })
            .annotationIntrospector(new WithoutLeftovers())
            .build();

    private KubernetesTypes() {}

    /** The client's types collect what they do not know; here nothing may be left over. */
    private static final class WithoutLeftovers extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1;

        @Override
        public @Nullable Boolean hasAnySetter(Annotated member) {
            return member instanceof AnnotatedMember ? Boolean.FALSE : super.hasAnySetter(member);
        }
    }

    /**
     * The object in its type, or its spec in that of {@link CustomTypes}.
     *
     * @throws JsonProcessingException naming the field that does not fit
     * @throws AssertionError for a kind that nobody knows
     */
    static Object read(Manifest manifest) throws JsonProcessingException {
        var spec = CustomTypes.spec(manifest.apiVersion(), manifest.kind());
        if (spec != null) {
            return STRICT.treeToValue(
                    STRICT.treeToValue(manifest.json(), CustomTypes.Head.class).spec(), spec);
        }
        var type = KNOWN.getRegisteredKubernetesResource(manifest.apiVersion(), manifest.kind());
        if (type == null) {
            throw new AssertionError("unknown kind " + manifest.apiVersion() + " " + manifest.kind());
        }
        return STRICT.treeToValue(manifest.json(), type);
    }
}
