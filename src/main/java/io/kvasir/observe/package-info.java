/**
 * What operators see: Prometheus metrics read from the brain's own counters at scrape time, and the REST views under
 * {@code /api}. Nothing here runs on the way of a request.
 */
@NullMarked
package io.kvasir.observe;

import org.jspecify.annotations.NullMarked;
