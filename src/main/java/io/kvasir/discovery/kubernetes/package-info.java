/**
 * Endpoints from a cluster. {@link io.kvasir.discovery.kubernetes.ObjectStream} lists and watches one kind of object and
 * never gives up; {@link io.kvasir.discovery.kubernetes.KubernetesDiscovery} keeps what its streams saw on one thread,
 * and tells {@link io.kvasir.pool.Pool} the whole list that {@link io.kvasir.discovery.kubernetes.EndpointPlan} makes of
 * it. Objects are cut down to the few facts that matter as they arrive. Nothing is ever written to the cluster.
 */
@NullMarked
package io.kvasir.discovery.kubernetes;

import org.jspecify.annotations.NullMarked;
