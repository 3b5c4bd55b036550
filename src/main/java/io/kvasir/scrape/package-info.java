/**
 * How endpoints tell what they do: their metrics pages, model lists and health probes, read over one kept-alive
 * connection each.
 *
 * <p>{@link io.kvasir.scrape.Scraper} follows the pool and spreads endpoints over event loops. On each loop a {@code
 * ScrapeLoop} ticks and starts what is due; a {@code Conversation} speaks HTTP/1.1 with one server; {@code
 * MetricsPageScanner} picks the wanted samples out of a page as it arrives, {@code StatsReader} adds them up by the
 * mapping in {@code engine-metrics.txt}, and the endpoint is told. Reading a page is cheap enough to do it twenty times
 * a second for a hundred endpoints in a tenth of a core; that is why this is not a general HTTP client.
 *
 * <p>A page that failed is not a dead endpoint: its figures age. Only probes and refused connections speak of health.
 */
@NullMarked
package io.kvasir.scrape;

import org.jspecify.annotations.NullMarked;
