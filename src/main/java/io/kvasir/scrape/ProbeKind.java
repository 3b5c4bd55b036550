package io.kvasir.scrape;

/** What an endpoint is asked for. */
enum ProbeKind {
    PAGE,
    HEALTH,
    MODELS,
    VERSION,
    EVENT_SOURCES
}
