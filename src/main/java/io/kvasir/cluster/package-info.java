/** How the cluster's API server is asked: its clients. */
@NullMarked
package io.kvasir.cluster;

import org.jspecify.annotations.NullMarked;
