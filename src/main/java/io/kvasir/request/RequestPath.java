package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/**
 * A request's path taken apart, compared in its {@linkplain CanonicalPath canonical form}. {@code
 * /llm/<model>/v1/chat/completions} names the model of a body that has none; the model may contain slashes, plain or
 * percent-encoded, and ends before the first {@code /v1/} or {@code /inference/} that follows it, else before an API of
 * an engine's root.
 *
 * @param dialect what the path speaks, by its end
 * @param model the model named by the path, decoded; null where it names none
 * @param upstream the path with its query as an engine knows it, canonical, without {@code /llm/<model>}; an API that is
 *     known has no slash at its end, for engines answer that with a redirect to their own address
 * @param problem why two readers could take it for two different paths, one line; null where nobody could
 * @param oneReplica whether it changes or lays open one replica, which is no client's business
 */
public record RequestPath(
        Dialect dialect,
        @Nullable String model,
        String upstream,
        @Nullable String problem,
        boolean oneReplica) {
    private static final String PREFIX = "/llm/";
    private static final String MODELS = "/v1/models/";
    private static final String[] API_ROOTS = {"/v1/", "/inference/"};

    /** One that nobody could misread, and that is about no single replica. */
    public RequestPath(Dialect dialect, @Nullable String model, String upstream) {
        this(dialect, model, upstream, null, false);
    }

    /** Takes apart an absolute path, or a URL, with or without a query. */
    public static RequestPath of(String target) {
        String path = origin(target);
        int query = path.indexOf('?');
        String came = query < 0 ? path : path.substring(0, query);
        var canonical = CanonicalPath.of(came);
        if (canonical.problem() != null) {
            return ambiguous(path, canonical.problem());
        }
        String plain = canonical.text();
        String arguments = path.substring(came.length());
        if (!plain.startsWith(PREFIX)) {
            return of(null, plain, arguments);
        }
        int end = modelEnd(plain);
        if (end == PREFIX.length()) {
            return new RequestPath(Dialect.PASSTHROUGH, null, path);
        }
        String rest = plain.substring(end);
        var below = of(
                CanonicalPath.decoded(plain.substring(PREFIX.length(), end)), rest.isEmpty() ? "/" : rest, arguments);
        // somebody behind us may take off less of the path
        return below.oneReplica == ReplicaPaths.contains(plain) || below.problem != null
                ? below
                : new RequestPath(below.dialect, below.model, below.upstream, null, true);
    }

    private static RequestPath ambiguous(String path, String problem) {
        return new RequestPath(Dialect.PASSTHROUGH, null, path, problem, false);
    }

    private static RequestPath of(@Nullable String model, String plain, String arguments) {
        int models = plain.indexOf(MODELS);
        String structure = models < 0 ? plain : plain.substring(0, models);
        if (CanonicalPath.special(structure)) {
            return ambiguous(plain + arguments, "an escape that hides a delimiter");
        }
        String trimmed = trimmed(plain);
        var dialect = ApiPaths.dialect(trimmed);
        boolean known = dialect != Dialect.PASSTHROUGH || ApiPaths.served(trimmed);
        return new RequestPath(
                dialect, model, (known ? trimmed : plain) + arguments, null, ReplicaPaths.contains(trimmed));
    }

    /** The same as an engine's root has it, without what a gateway put in front; itself where that is unknown. */
    public RequestPath atRoot() {
        String plain = plain();
        String root = problem == null ? ApiPaths.atRoot(plain, dialect) : plain;
        return root.equals(plain)
                ? this
                : new RequestPath(dialect, model, root + upstream.substring(plain.length()), problem, oneReplica);
    }

    /** The path without its query. */
    public String plain() {
        int query = upstream.indexOf('?');
        return query < 0 ? upstream : upstream.substring(0, query);
    }

    /** Whether an engine serves it at its root, so that no prefix of somebody else's is left. */
    public boolean served() {
        return ApiPaths.served(plain());
    }

    /** Whether its clients read Anthropic's errors. */
    boolean anthropic() {
        return ApiPaths.anthropic(plain());
    }

    /** The path and query of a request target that may be an absolute URL. */
    private static String origin(String target) {
        if (target.startsWith("/")) {
            return target;
        }
        int authority = target.indexOf("://");
        if (authority < 0 || target.indexOf('/') < authority) {
            return target;
        }
        for (int i = authority + 3; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c == '/') {
                return target.substring(i);
            }
            if (c == '?' || c == '#') {
                break;
            }
        }
        return "/";
    }

    private static String trimmed(String path) {
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    private static int modelEnd(String plain) {
        int end = Integer.MAX_VALUE;
        for (String root : API_ROOTS) {
            int at = plain.indexOf(root, PREFIX.length());
            if (at >= 0) {
                end = Math.min(end, at);
            }
        }
        if (end < Integer.MAX_VALUE) {
            return end;
        }
        int root = ApiPaths.rootAt(trimmed(plain));
        if (root > PREFIX.length()) {
            return root;
        }
        int slash = plain.indexOf('/', PREFIX.length());
        return slash < 0 ? plain.length() : slash;
    }
}
