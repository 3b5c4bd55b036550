package io.kvasir.route;

/** Told of what the router does, see {@link RouterEvents}. */
@FunctionalInterface
public interface RouterListener {
    /** Something of the kinds that it listens to happened. Events are immutable and may be kept. */
    void on(RouterEvent event);
}
