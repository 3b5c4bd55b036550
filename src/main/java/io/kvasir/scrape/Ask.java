package io.kvasir.scrape;

/** What an endpoint is asked for. */
enum Ask {
    PAGE,
    HEALTH,
    MODELS
}
