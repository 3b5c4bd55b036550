/**
 * Which of several replicas says that it is ready, where a gateway wants one only: the one that holds a Lease of the
 * cluster. Nothing else depends on it: whoever is asked routes.
 */
@NullMarked
package io.kvasir.leader;

import org.jspecify.annotations.NullMarked;
