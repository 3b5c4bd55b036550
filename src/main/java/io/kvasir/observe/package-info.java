/**
 * What operators see: Prometheus metrics read from the brain's own counters at scrape time, the REST views under {@code
 * /api}, and the log of decisions, which is all that runs on the way of a request.
 */
@NullMarked
package io.kvasir.observe;

import org.jspecify.annotations.NullMarked;
