/**
 * What a replica runs on, read from what a cluster says: labels that device plugins, feature discovery and clouds put
 * on nodes and pods, and the resources that containers ask for. Plain maps in, {@link
 * io.kvasir.discovery.hardware.HardwareIdentity} out; the vocabulary is data, {@code hardware-labels.txt}.
 */
@NullMarked
package io.kvasir.discovery.hardware;

import org.jspecify.annotations.NullMarked;
