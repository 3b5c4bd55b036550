package io.kvasir.extproc;

import io.kvasir.extproc.wire.PickerMessage;

/** The transport under one stream, as the stream sees it. All calls but those of {@link #later}
 * come from the stream's own thread. */
interface Outlet {
    /** Sends a message; it may wait in memory until the proxy takes it. */
    void send(PickerMessage message);

    /** Whether little of what was sent still waits. */
    boolean ready();

    /** Lets the proxy's next message come. */
    void request();

    /** Runs something on the stream's thread, after what it does now; from any thread. */
    void later(Runnable task);

    /** Runs something on the stream's thread after that many ns, unless it is called off by what is returned. */
    Runnable after(long nanos, Runnable task);

    /** Ends the stream in order. */
    void complete();

    /** Ends the stream with a gRPC error, which makes the proxy reset what it was doing. */
    void fail(String why);
}
