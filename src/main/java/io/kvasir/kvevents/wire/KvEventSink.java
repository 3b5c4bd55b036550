package io.kvasir.kvevents.wire;

/** Takes events in the order in which an engine tells them. */
@FunctionalInterface
public interface KvEventSink {
    /** The event is valid during the call only. */
    void event(KvEvent event);
}
