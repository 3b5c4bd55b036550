/**
 * How metrics are declared: beside the counters that they show, in plain Java. What counts is {@link
 * io.kvasir.metric.Metered}; whoever makes a page brings the {@link io.kvasir.metric.MetricSink}.
 */
@NullMarked
package io.kvasir.metric;

import org.jspecify.annotations.NullMarked;
