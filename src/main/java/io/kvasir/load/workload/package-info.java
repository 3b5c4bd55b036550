/**
 * Workloads of replays: the requests that users would send, as functions of a seed and a rate. Those that are made rather than
 * recorded name the published statistics that they are made from; {@link io.kvasir.load.workload.Workloads} lists all.
 */
@NullMarked
package io.kvasir.load.workload;

import org.jspecify.annotations.NullMarked;
