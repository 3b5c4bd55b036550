package io.kvasir.observe.live;

import io.kvasir.observe.ObservedRouter;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/**
 * What the live page shows. {@code GET /api/live}: descriptions that change seldom, and the newest decisions. {@code GET
 * /api/live/stream}: server-sent events, a frame about once a second. Both are the page's own and may change with it.
 */
@Path("/api/live")
public class LiveResource {
    private final LiveFeed feed;
    private final ObservedRouter observed;

    LiveResource(LiveFeed feed, ObservedRouter observed) {
        this.feed = feed;
        this.observed = observed;
    }

    /** The pool's descriptions. */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Response picture() {
        return feed.picture()
                .map(json ->
                        Response.ok(json).header("Cache-Control", "no-store").build())
                .orElseThrow(() -> later("not running yet"));
    }

    /** Frames until the viewer leaves, for a minute at most; then it comes again. */
    @GET
    @Path("stream")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @NonBlocking
    public Multi<String> stream() {
        return feed.watch()
                .orElseThrow(() -> later(
                        observed.router().isEmpty()
                                ? "not running yet"
                                : LiveFeed.MOST_VIEWERS + " watch already, which is the most"));
    }

    private static WebApplicationException later(String why) {
        return new WebApplicationException(Response.status(Response.Status.SERVICE_UNAVAILABLE)
                .header("Retry-After", 5)
                .type(MediaType.TEXT_PLAIN_TYPE)
                .entity(why)
                .build());
    }
}
