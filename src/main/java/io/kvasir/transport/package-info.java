/** How event loops learn from the system that sockets have something, and what depends on it. */
@NullMarked
package io.kvasir.transport;

import org.jspecify.annotations.NullMarked;
