/** How the cluster's API server is asked: its clients, and what their failures mean. */
@NullMarked
package io.kvasir.cluster;

import org.jspecify.annotations.NullMarked;
