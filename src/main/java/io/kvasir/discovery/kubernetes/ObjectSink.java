package io.kvasir.discovery.kubernetes;

import java.util.List;

/** What a stream tells of its objects, in order; calls never overlap. */
interface ObjectSink<F> {

    /** These are all there are. */
    void replaced(List<F> all);

    /** One is new or changed. */
    void put(F object);

    /** The one of that name is gone. */
    void removed(String name);

    /** The first try is over: objects were told, or cannot be had for now. */
    default void settled() {}
}
