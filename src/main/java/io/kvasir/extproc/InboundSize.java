package io.kvasir.extproc;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import org.jspecify.annotations.Nullable;

/**
 * Watches the message that is arriving on one stream. gRPC hands a message over when it is complete, and ends the stream
 * with an error where one is announced that is longer than its limit, before anybody could answer. Its limit is therefore
 * set out of reach, and this one tells the stream as soon as more has arrived than is taken; so that no more than that is
 * ever in memory, and the client gets an answer.
 */
final class InboundSize extends ServerStreamTracer {
    private static final Context.Key<InboundSize> KEY = Context.key("kvasir-inbound-size");

    private final int most;
    private long arrived;
    private @Nullable Runnable exceeded;

    private InboundSize(int most) {
        this.most = most;
    }

    /** Watches every stream of a server. */
    static Factory factory(int most) {
        return new Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                return new InboundSize(most);
            }
        };
    }

    /** That of the call which is being started; null on a server that does not watch. */
    static @Nullable InboundSize ofCall() {
        return KEY.get();
    }

    /** Runs the task when a message turns out to be too long, on the event loop, while bytes are being read from it. */
    void whenExceeded(Runnable task) {
        exceeded = task;
    }

    @Override
    public Context filterContext(Context context) {
        return context.withValue(KEY, this);
    }

    @Override
    public void inboundWireSize(long bytes) {
        arrived += bytes;
        var task = exceeded;
        if (arrived > most && task != null) {
            exceeded = null;
            task.run();
        }
    }

    @Override
    public void inboundMessageRead(int number, long wireSize, long size) {
        arrived = 0;
    }
}
