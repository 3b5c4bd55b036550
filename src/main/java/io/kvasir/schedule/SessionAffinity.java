package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a session at one endpoint, by a table of sessions or by a header that names the endpoint. With {@code session_id} a
 * session is bound to where its first request was booked, and anew only where that endpoint was no candidate any more; what
 * was not used for a while is forgotten, and so is everything where there are too many. With {@code encoded_endpoint_header}
 * the header is a {@link SessionToken}, which answers carry in a header of the same name.
 */
final class SessionAffinity {
    private static final int MOST_SESSIONS = 65_536;
    private static final Set<String> SOURCE_KEYS = Set.of("header", "attribute", "producer");
    private static final String BY_ID = "session_id";
    private static final String BY_HEADER = "encoded_endpoint_header";
    private static final Parameter<String> STRATEGY = Parameter.word("strategy", BY_HEADER, BY_HEADER, BY_ID);
    private static final Parameter<String> TOKEN_HEADER =
            Parameter.text("encodedEndpointHeaderConfig.header", "x-session-token");
    /** What agents send of their own; a plug-in of other pickers hands it on under a name. */
    private static final List<String> AGENTS =
            List.of("x-claude-code-session-id", "x-session-affinity", "session-id", "session_id");

    private static final Parameter<List<String>> SESSION_HEADERS = Parameter.of(
            "sessionIdConfig.sources",
            List.of("x-session-id"),
            "a list of {header: NAME} or {attribute: NAME, producer: NAME}",
            SessionAffinity::sources);
    private static final Parameter<Double> TTL = Parameter.number("sessionIdConfig.evictionTtlSeconds", 300, 1, 1e9);
    private static final Parameter<Object> SWEEP = Parameter.any("sessionIdConfig.evictionSweepSeconds");
    private static final Parameter<String> PROFILE = Parameter.text("profileName", "");
    private static final Parameter<?>[] ALL = {STRATEGY, TOKEN_HEADER, SESSION_HEADERS, TTL, SWEEP, PROFILE};

    static final PluginType FILTER = PluginType.of(
            PluginKind.FILTER, "session-affinity-filter", (given, _) -> new Kept(new SessionAffinity(given)), ALL);

    static final PluginType SCORER = PluginType.of(
            PluginKind.SCORER, "session-affinity-scorer", (given, _) -> new Preferred(new SessionAffinity(given)), ALL);

    /** Where a session is, and when it was used last. */
    private record Bound(long tenancy, long usedNanos) {}

    private final boolean byId;
    /** In the order in which they count. */
    private final List<String> headers;

    private final long ttlNanos;
    private final Map<String, Bound> sessions = new ConcurrentHashMap<>();

    private SessionAffinity(PluginParameters given) {
        byId = given.get(STRATEGY).equals(BY_ID);
        headers = byId
                ? given.get(SESSION_HEADERS)
                : List.of(given.get(TOKEN_HEADER).toLowerCase(Locale.ROOT));
        ttlNanos = (long) (given.get(TTL) * 1e9);
    }

    private static @Nullable List<String> sources(Object given) {
        if (!(given instanceof List<?> list) || list.isEmpty()) {
            return null;
        }
        var headers = new LinkedHashSet<String>();
        for (Object item : list) {
            if (!(item instanceof Map<?, ?> source) || !SOURCE_KEYS.containsAll(source.keySet())) {
                return null;
            }
            boolean named = source.get("header") instanceof String name && !name.isBlank();
            boolean handedOn = source.get("attribute") instanceof String attribute && !attribute.isBlank();
            if (named == handedOn) {
                return null;
            }
            if (source.get("header") instanceof String name && named) {
                headers.add(name.toLowerCase(Locale.ROOT));
            } else {
                headers.addAll(AGENTS);
            }
        }
        return List.copyOf(headers);
    }

    /** What the first header says that says something; null for none. */
    private @Nullable String said(SchedulingContext context) {
        for (int i = 0; i < headers.size(); i++) {
            String said = context.request().headers().other(headers.get(i));
            if (said != null && !said.isBlank()) {
                return said;
            }
        }
        return null;
    }

    /** The place of the candidate that the session belongs to; -1 for none. */
    private int place(SchedulingContext context) {
        String said = said(context);
        if (said == null) {
            return -1;
        }
        return byId ? bound(said, context) : named(said, context);
    }

    private int bound(String session, SchedulingContext context) {
        var bound = sessions.get(session);
        if (bound == null || context.nowNanos() - bound.usedNanos > ttlNanos) {
            return -1;
        }
        for (int i = 0; i < context.size(); i++) {
            if (context.candidate(i).tenancy() == bound.tenancy) {
                return i;
            }
        }
        return -1;
    }

    private static int named(String token, SchedulingContext context) {
        String name = SessionToken.read(token);
        if (name == null) {
            return -1;
        }
        String behindNamespace = name.substring(name.indexOf('/') + 1);
        for (int i = 0; i < context.size(); i++) {
            String candidate = context.candidate(i).spec().name();
            if (candidate.equals(name) || candidate.equals(behindNamespace)) {
                return i;
            }
        }
        return -1;
    }

    /** The context's candidates are those that were left, so that whoever is not among them was not to be had. */
    private void booked(SchedulingContext context, Endpoint endpoint) {
        String session = byId ? said(context) : null;
        if (session == null || session.length() > 256) {
            return;
        }
        if (sessions.size() >= MOST_SESSIONS && !sessions.containsKey(session)) {
            long now = context.nowNanos();
            sessions.values().removeIf(bound -> now - bound.usedNanos > ttlNanos);
            if (sessions.size() >= MOST_SESSIONS) {
                sessions.clear();
            }
        }
        int place = bound(session, context);
        long tenancy = place < 0 ? endpoint.tenancy() : context.candidate(place).tenancy();
        sessions.put(session, new Bound(tenancy, context.nowNanos()));
    }

    private record Kept(SessionAffinity affinity) implements Filter {
        @Override
        public String name() {
            return "session-affinity-filter";
        }

        @Override
        public Set<String> headers() {
            return Set.copyOf(affinity.headers);
        }

        @Override
        public Set<String> tokenHeaders() {
            return affinity.byId ? Set.of() : headers();
        }

        @Override
        public void filter(SchedulingContext context) {
            int bound = affinity.place(context);
            if (bound >= 0) {
                context.retainPlaces(place -> place == bound);
            }
        }

        @Override
        public Refusal refusal(SchedulingContext context) {
            return Refusals.filtered(name());
        }

        @Override
        public void booked(SchedulingContext context, Endpoint endpoint) {
            affinity.booked(context, endpoint);
        }
    }

    private record Preferred(SessionAffinity affinity) implements Scorer {
        @Override
        public String name() {
            return "session-affinity-scorer";
        }

        @Override
        public Set<String> headers() {
            return Set.copyOf(affinity.headers);
        }

        @Override
        public Set<String> tokenHeaders() {
            return affinity.byId ? Set.of() : headers();
        }

        @Override
        public void score(SchedulingContext context, double[] scores) {
            int bound = affinity.place(context);
            for (int i = 0; i < context.size(); i++) {
                scores[i] = i == bound ? 1 : 0;
            }
        }

        @Override
        public void booked(SchedulingContext context, Endpoint endpoint) {
            affinity.booked(context, endpoint);
        }
    }
}
