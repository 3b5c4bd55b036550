package io.kvasir.schedule;

import io.kvasir.pool.Role;
import java.util.function.Predicate;

/** Keeps endpoints of a role. */
public final class RoleFilter implements Filter {
    private final String name;
    private final Predicate<Role> roles;

    private RoleFilter(String name, Predicate<Role> roles) {
        this.name = name;
        this.roles = roles;
    }

    /** Endpoints that answer clients. */
    public static RoleFilter decode() {
        return new RoleFilter("decode-filter", Role::decodes);
    }

    /** Endpoints that prefill, for themselves or for others. */
    public static RoleFilter prefill() {
        return new RoleFilter("prefill-filter", Role::prefills);
    }

    /** Endpoints that encode media. */
    public static RoleFilter encode() {
        return new RoleFilter("encode-filter", role -> role == Role.ENCODE);
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
    public Rejection rejection(SchedulingContext context) {
        return Rejection.unavailable("no endpoint of the pool passes the " + name, RejectReason.ROLE_MISSING);
    }
}
