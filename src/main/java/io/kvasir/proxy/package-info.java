/**
 * The HTTP door. {@link io.kvasir.proxy.ProxyServer} listens with one {@code ProxyLoop} per event loop; each has its own
 * server part, its own upstream connections and everything of the requests that arrive on it, so that requests share no
 * locks. A request is an {@code Exchange} in one {@code ExchangeState} after the other: its body is scanned while it comes
 * and kept as it came, the router decides, an {@code UpstreamLeg} sends the body on, another one where the {@code
 * RetryPolicy} says so, and a {@code Relay} passes the answer back with back-pressure. What arrives for a client in one pass of the event loop leaves in one write ({@code WriteBatch}). An
 * exchange ends exactly once; whatever ends it cancels the upstream, closes the books and gives the buffered bytes back.
 */
@NullMarked
package io.kvasir.proxy;

import org.jspecify.annotations.NullMarked;
