/**
 * The live page at {@code /} of the management port. {@code LiveFeed} looks at the router once a second while somebody
 * watches, and tells all viewers the same; {@code LiveTraffic} listens to requests meanwhile. Without a viewer nothing
 * listens and nothing runs.
 */
@NullMarked
package io.kvasir.observe.live;

import org.jspecify.annotations.NullMarked;
