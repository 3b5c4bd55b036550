package io.kvasir.schedule;

import io.kvasir.pool.Role;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.function.Predicate;

/** Keeps endpoints of a role. */
public final class RoleFilter implements Filter {
    /** Endpoints that answer clients. */
    static final PluginType DECODE = PluginType.of(PluginKind.FILTER, "decode-filter", (_, _) -> decode());

    /** Endpoints that prefill, for themselves or for others. */
    static final PluginType PREFILL = PluginType.of(PluginKind.FILTER, "prefill-filter", (_, _) -> prefill());

    /** Endpoints that encode media. */
    static final PluginType ENCODE = PluginType.of(PluginKind.FILTER, "encode-filter", (_, _) -> encode());

    private final String name;
    private final Predicate<Role> roles;

    private RoleFilter(String name, Predicate<Role> roles) {
        this.name = name;
        this.roles = roles;
    }

    /** Endpoints that answer clients. */
    public static RoleFilter decode() {
        return new RoleFilter(DECODE.name(), Role::decodes);
    }

    /** Endpoints that prefill, for themselves or for others. */
    public static RoleFilter prefill() {
        return new RoleFilter(PREFILL.name(), Role::prefills);
    }

    /** Endpoints that encode media. */
    public static RoleFilter encode() {
        return new RoleFilter(ENCODE.name(), role -> role == Role.ENCODE);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void filter(SchedulingContext context) {
        context.retain(endpoint -> roles.test(endpoint.spec().role()));
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.roleMissing(name);
    }
}
