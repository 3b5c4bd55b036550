package io.kvasir.sim.http;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One thing that can be wrong with an engine, by its key in the JSON of {@code /admin/faults}. */
public enum Fault {
    /** Factor on every step's time. */
    SLOW("slow", Double.MIN_NORMAL, 1e6, 1),
    /** Accepts requests and never computes; health and metrics are fine. */
    STUCK("stuck"),
    /** Accepts connections and requests and answers none of them, health and metrics included. */
    SILENT("silent"),
    /** Refuses connections, and cuts those it has. */
    REFUSE("refuse"),
    /** Resets the connection of an answer after so many tokens; -1 for never. */
    DIE_AFTER_TOKENS("dieAfterTokens", -1, Integer.MAX_VALUE, -1),
    /** Says nothing more on a stream after so many tokens, and keeps its connection; -1 for never. */
    STALL_AFTER_TOKENS("stallAfterTokens", -1, Integer.MAX_VALUE, -1),
    /** A request whose body has this text ends the engine: all connections are reset, new ones refused. */
    DIE_ON("dieOn", Kind.TEXT),
    /** A request whose body has this text has its connection reset. */
    CUT_ON("cutOn", Kind.TEXT),
    /** Milliseconds between the end of such a request and what it does. */
    DEATH_DELAY("deathDelayMillis", 0, 3_600_000, 0),
    /** Status of failed requests. */
    ERROR_STATUS("errorStatus", 400, 599, 500),
    /** Share of generation requests that fail with it. */
    ERROR_RATE("errorRate", 0, 1, 0),
    /** Requests whose body has this text fail with it too. */
    ERROR_ON("errorOn", Kind.TEXT),
    /** Every generation request is too long for the context. */
    CONTEXT_ERRORS("contextErrors"),
    /** Status of a redirect that answers generation requests, its location with this engine's address; 0 for none. */
    REDIRECT("redirect", 0, 399, 0),
    /** Status of an interim answer before each answer to a generation request, 102 or 103; 0 for none. */
    INTERIM("interim", 0, 199, 0),
    /** Closes a connection that has been without a request for so many milliseconds; 0 for never. */
    CLOSE_IDLE("closeIdleMillis", 0, 3_600_000, 0),
    /** Closes a connection when its second request comes, without reading it. */
    CLOSE_REUSED("closeReused"),
    /** Freezes the metrics page. */
    STALE_METRICS("staleMetrics"),
    /** Milliseconds that a metrics page takes. */
    METRICS_DELAY("metricsDelayMillis", 0, 3_600_000, 0),
    /** Models that the list names besides its own, about 350 bytes each; nobody is served by them. */
    EXTRA_MODELS("extraModels", 0, 100_000, 0),
    /** Promises more bytes than unstreamed answers have, and closes. */
    WRONG_CONTENT_LENGTH("wrongContentLength"),
    /** Speaks HTTP/2 with prior knowledge only: a request by HTTP/1 gets a 400 and the end of its connection. */
    H2C_ONLY("h2cOnly");

    private final String key;
    private final Kind kind;
    private final double least;
    private final double most;
    private final double usual;

    private enum Kind {
        FLAG("true or false"),
        NUMBER("a number"),
        TEXT("a string");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    Fault(String key, Kind kind, double least, double most, double usual) {
        this.key = key;
        this.kind = kind;
        this.least = least;
        this.most = most;
        this.usual = usual;
    }

    Fault(String key) {
        this(key, Kind.FLAG);
    }

    Fault(String key, Kind kind) {
        this(key, kind, 0, 0, 0);
    }

    Fault(String key, double least, double most, double usual) {
        this(key, Kind.NUMBER, least, most, usual);
    }

    /** Its name in JSON. */
    public String key() {
        return key;
    }

    /** What it is where nothing is wrong: a {@link Boolean}, a {@link Double} or a {@link String}. */
    Object usual() {
        return switch (kind) {
            case FLAG -> false;
            case NUMBER -> usual;
            case TEXT -> "";
        };
    }

    /**
     * The value if it may be one of this fault.
     *
     * @throws IllegalArgumentException saying what is allowed
     */
    Object checked(Object value) {
        if (value.getClass() != usual().getClass()) {
            throw new IllegalArgumentException("fault " + key + " must be " + kind.words + ", got " + value);
        }
        if (value instanceof Double number && !(number >= least && number <= most)) {
            throw new IllegalArgumentException(
                    "fault " + key + " must be from " + shown(least) + " to " + shown(most) + ", got " + shown(number));
        }
        return value;
    }

    private static String shown(double number) {
        return number == Double.MIN_NORMAL
                ? "above 0"
                : number == Math.rint(number) ? String.valueOf((long) number) : String.valueOf(number);
    }

    /** The fault of that key. */
    static Fault of(@Nullable String key) {
        for (var fault : values()) {
            if (fault.key.equals(key)) {
                return fault;
            }
        }
        var allowed = Arrays.stream(values()).map(Fault::key).sorted().collect(Collectors.joining(", "));
        throw new IllegalArgumentException("fault " + key + " is unknown; allowed: " + allowed);
    }
}
