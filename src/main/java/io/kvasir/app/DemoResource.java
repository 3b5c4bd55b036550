package io.kvasir.app;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/demo}: what is wrong with the replicas of the embedded demo pool, and a way to change it; not there without one.
 * Changes come as JSON only, which pages of other origins cannot send.
 */
@Path("/api/demo")
@Produces(MediaType.APPLICATION_JSON)
public class DemoResource {
    private final RunningServer running;

    DemoResource(RunningServer running) {
        this.running = running;
    }

    /** The pool, and what can be wrong with it. */
    @RegisterForReflection
    public record State(List<Replica> replicas, List<Kind> faults) {}

    /** A replica and what is wrong with it. */
    @RegisterForReflection
    public record Replica(String name, String fault) {}

    /** Something that can be wrong. */
    @RegisterForReflection
    public record Kind(String name, String words) {}

    /** A wish: have that be wrong with a replica from now on. */
    @RegisterForReflection
    public record Wish(@Nullable String replica, @Nullable String fault) {}

    /** What was done. */
    @RegisterForReflection
    public record Done(String said) {}

    /** What is wrong, and what can be. */
    @GET
    public State state() {
        var pool = pool();
        return new State(
                pool.names().stream()
                        .map(name -> new Replica(name, pool.fault(name).key()))
                        .toList(),
                Stream.of(DemoFault.values())
                        .map(fault -> new Kind(fault.key(), fault.words()))
                        .toList());
    }

    /** Changes what is wrong with a replica. */
    @POST
    @Path("faults")
    @Consumes(MediaType.APPLICATION_JSON)
    public Done change(@Nullable Wish wish) {
        var pool = pool();
        String replica = wish == null || wish.replica() == null ? "" : wish.replica();
        if (!pool.names().contains(replica)) {
            throw bad("there is no such replica; allowed: " + String.join(", ", pool.names()));
        }
        var fault = DemoFault.named(wish == null || wish.fault() == null ? "" : wish.fault())
                .orElseThrow(() -> bad("there is no such fault; allowed: "
                        + String.join(
                                ", ",
                                Stream.of(DemoFault.values())
                                        .map(DemoFault::key)
                                        .toList())));
        pool.have(replica, fault);
        return new Done(
                switch (fault) {
                    case NONE -> replica + " is well again.";
                    case RESTART -> replica + " restarts and comes back with an empty cache.";
                    default -> replica + ": " + fault.words() + ".";
                });
    }

    private DemoPool pool() {
        var pool = running.demo();
        if (pool == null) {
            throw new NotFoundException();
        }
        return pool;
    }

    private static WebApplicationException bad(String why) {
        return new WebApplicationException(Response.status(Response.Status.BAD_REQUEST)
                .type(MediaType.TEXT_PLAIN_TYPE)
                .entity(why)
                .build());
    }
}
