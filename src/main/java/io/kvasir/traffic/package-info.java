/**
 * What operators say about traffic: which model a name stands for, and how much a request matters. Discovery swaps the
 * rules of a {@link io.kvasir.traffic.TrafficRules} as its objects change; the router asks it once per request. And what the
 * headers of traffic may say, by the table of {@link io.kvasir.traffic.RoutingHeader}s.
 */
@NullMarked
package io.kvasir.traffic;

import org.jspecify.annotations.NullMarked;
