package io.kvasir.observe.live;

import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The files of the live page: what everybody may have, since they tell nothing of the pool. The page refers to them and to
 * {@code api/} by relative addresses, so that it works under any prefix that a proxy takes away.
 */
@Path("/")
public class LivePageResource {
    /** Scripts, styles and data of its own origin only, none of them inline. */
    static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
            + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final String SCRIPT = "text/javascript;charset=utf-8";

    /** Where a file is on the class path, and what it is. */
    private record Kind(String resource, String type) {}

    private static final Map<String, Kind> FILES = Map.ofEntries(
            script("page.js"),
            script("connection.js"),
            script("elements.js"),
            script("pool.js"),
            script("charts.js"),
            script("decisions.js"),
            script("explain.js"),
            script("findings.js"),
            script("demo.js"),
            script("queue.js"),
            Map.entry("page.css", new Kind("/live/page.css", "text/css;charset=utf-8")),
            Map.entry("icon.svg", new Kind("/live/icon.svg", "image/svg+xml")),
            Map.entry(
                    "chart.js", new Kind("/META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.min.js", SCRIPT)));

    private static final Kind PAGE = new Kind("/live/page.html", "text/html;charset=utf-8");

    /** A file as it is sent. */
    private record Loaded(byte[] bytes, EntityTag tag) {}

    private final Map<Kind, Loaded> loaded = new ConcurrentHashMap<>();

    private static Map.Entry<String, Kind> script(String name) {
        return Map.entry(name, new Kind("/live/" + name, SCRIPT));
    }

    /** The page. */
    @GET
    @NonBlocking
    public Response page(@Context Request request) {
        return answer(PAGE, request);
    }

    /** One of its files. */
    @GET
    @Path("live/{file}")
    @NonBlocking
    public Response file(@PathParam("file") String file, @Context Request request) {
        var kind = FILES.get(file);
        if (kind == null) {
            throw new NotFoundException();
        }
        return answer(kind, request);
    }

    private Response answer(Kind kind, Request request) {
        var file = loaded.computeIfAbsent(kind, LivePageResource::load);
        Response.@Nullable ResponseBuilder unchanged = request.evaluatePreconditions(file.tag);
        var response = unchanged == null ? Response.ok(file.bytes, kind.type) : unchanged;
        return response.tag(file.tag)
                .header("Cache-Control", "no-cache")
                .header("Content-Security-Policy", POLICY)
                .header("X-Content-Type-Options", "nosniff")
                .header("Referrer-Policy", "no-referrer")
                .build();
    }

    private static Loaded load(Kind kind) {
        try (var in = LivePageResource.class.getResourceAsStream(kind.resource)) {
            if (in == null) {
                throw new IOException(kind.resource + " is not on the class path");
            }
            byte[] bytes = in.readAllBytes();
            var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return new Loaded(bytes, new EntityTag(HexFormat.of().formatHex(digest, 0, 12)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
