package io.kvasir.scrape;

/** When an endpoint's API is asked what, pages apart; all times in ns of one clock. */
final class ProbeTimes {
    /** Pause before a list of models that could not be had is asked for again, if nothing else asks for it. */
    private static final long MODELS_RETRY_NANOS = 5_000_000_000L;

    /** Least pause between lists of models that somebody wants anew. */
    private static final long MODELS_PAUSE_NANOS = 1_000_000_000L;

    private final long healthNanos;
    private final long modelsNanos;
    private final boolean tellsVersion;
    private final boolean tellsEvents;
    private long health;
    private long models;
    private long version = Long.MAX_VALUE;
    private long events = Long.MAX_VALUE;
    private long eventsAskedAt;
    private long modelsAskedAt;

    /**
     * @param tellsVersion whether the version is asked for at all
     * @param tellsEvents whether it is asked where KV events are
     * @param first when all is due for the first time
     */
    ProbeTimes(ScrapeSettings settings, boolean tellsVersion, boolean tellsEvents, long first) {
        healthNanos = settings.healthInterval().toNanos();
        modelsNanos = settings.modelsInterval().toNanos();
        this.tellsVersion = tellsVersion;
        this.tellsEvents = tellsEvents;
        health = first;
        modelsAskedAt = first - MODELS_PAUSE_NANOS;
        eventsAskedAt = modelsAskedAt;
        another(first);
    }

    /** What it serves and which engine it is may have changed. */
    void another(long now) {
        models = now;
        if (tellsVersion) {
            version = now;
        }
        if (tellsEvents) {
            events = now;
        }
    }

    /** When something is due next. */
    long next() {
        return Math.min(Math.min(version, events), Math.min(health, models));
    }

    /** Whether that is due; the next time is set then. Not for pages. */
    boolean take(ProbeKind ask, long now) {
        switch (ask) {
            case HEALTH -> {
                if (health > now) {
                    return false;
                }
                health = now + healthNanos;
            }
            case MODELS -> {
                if (models > now) {
                    return false;
                }
                models = now + modelsNanos;
                modelsAskedAt = now;
            }
            case VERSION -> {
                if (version > now) {
                    return false;
                }
                version = now + modelsNanos;
            }
            case EVENT_SOURCES -> {
                if (events > now) {
                    return false;
                }
                events = now + modelsNanos;
                eventsAskedAt = now;
            }
            case PAGE -> throw new IllegalArgumentException("pages have times of their own");
        }
        return true;
    }

    void healthNow(long now) {
        health = now;
    }

    /** The probe failed. */
    void healthFailed(long now) {
        health = now + healthNanos;
    }

    void modelsNow(long now) {
        models = now;
    }

    /** The list is asked for as soon as it may be again. */
    void modelsSoon(long now) {
        models = Math.min(models, Math.max(now, modelsAskedAt + MODELS_PAUSE_NANOS));
    }

    /** The list could not be had. */
    void modelsFailed(long now) {
        models = now + Math.min(modelsNanos, MODELS_RETRY_NANOS);
    }

    /** It is asked as soon as it may be again where KV events are. */
    void eventsSoon(long now) {
        if (tellsEvents) {
            events = Math.min(events, Math.max(now, eventsAskedAt + MODELS_PAUSE_NANOS));
        }
    }

    /** It is asked no more where KV events are until it may be another engine. */
    void eventsUnknown() {
        events = Long.MAX_VALUE;
    }

    /** The version is asked for no more until it may be another. */
    void versionSilent() {
        version = Long.MAX_VALUE;
    }
}
