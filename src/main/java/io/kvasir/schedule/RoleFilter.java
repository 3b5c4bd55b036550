package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Role;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Keeps endpoints of a role. The filters of the registry keep by the label where there is one, as the field's do: whoever has
 * none decodes, and does nothing for others unless its description says so in another way.
 */
public final class RoleFilter implements Filter {
    /** Endpoints that answer clients. */
    static final PluginType DECODE = PluginType.of(PluginKind.FILTER, "decode-filter", (_, _) -> decode());

    /** Endpoints that are told to prefill, for themselves or for others. */
    static final PluginType PREFILL = PluginType.of(
            PluginKind.FILTER,
            "prefill-filter",
            (_, _) -> labelled(
                    "prefill-filter",
                    Set.of("prefill", "encode-prefill", "prefill-decode", "both", "encode-prefill-decode"),
                    Role.PREFILL));

    /** Endpoints that are told to encode media. */
    static final PluginType ENCODE = PluginType.of(PluginKind.FILTER, "encode-filter", (_, _) -> encode());

    private final String name;
    private final Predicate<Endpoint> kept;

    private RoleFilter(String name, Predicate<Endpoint> kept) {
        this.name = name;
        this.kept = kept;
    }

    /** Endpoints that answer clients. */
    public static RoleFilter decode() {
        return new RoleFilter(DECODE.name(), endpoint -> endpoint.spec().role().decodes());
    }

    /** Endpoints that may prefill, for themselves or for others. */
    public static RoleFilter prefill() {
        return new RoleFilter(PREFILL.name(), endpoint -> endpoint.spec().role().prefills());
    }

    /** Endpoints that are told to encode media. */
    public static RoleFilter encode() {
        return labelled("encode-filter", Set.of("encode", "encode-prefill", "encode-prefill-decode"), Role.ENCODE);
    }

    /** @param otherwise the role that counts where there is no label */
    private static RoleFilter labelled(String name, Set<String> labels, Role otherwise) {
        return new RoleFilter(name, endpoint -> {
            String label = endpoint.spec().labels().get(Role.LABEL);
            return label == null ? endpoint.spec().role() == otherwise : labels.contains(label);
        });
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void filter(SchedulingContext context) {
        context.retain(kept);
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.roleMissing(name);
    }
}
