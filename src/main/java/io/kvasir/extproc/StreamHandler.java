package io.kvasir.extproc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.Refusals;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Opens a {@link ProcessorStream} for each gRPC call and stands between the two. All on the connection's event loop. */
final class StreamHandler implements ServerCallHandler<ProxyMessage, PickerMessage> {
    private final StreamContext context;
    private final EventLoopGroup loops;
    private final int mostBytes;
    private final Set<Call> open = ConcurrentHashMap.newKeySet();

    /** @param mostBytes longest message that is sent */
    StreamHandler(StreamContext context, EventLoopGroup loops, int mostBytes) {
        this.context = context;
        this.loops = loops;
        this.mostBytes = mostBytes;
    }

    @Override
    public ServerCall.Listener<ProxyMessage> startCall(ServerCall<ProxyMessage, PickerMessage> call, Metadata headers) {
        var opened = new Call(call, loop());
        open.add(opened);
        call.request(1);
        return opened;
    }

    /** Has every open stream look whether anything came within that time, each on its own thread. */
    void endSilences(long mostNanos) {
        for (var call : open) {
            onLoop(call, () -> call.stream.endSilence(mostNanos));
        }
    }

    /** Ends every open stream, each on its own thread. */
    void shutDown() {
        for (var call : open) {
            onLoop(call, call.stream::shutDown);
        }
    }

    private static void onLoop(Call call, Runnable task) {
        try {
            call.loop.execute(task);
        } catch (RejectedExecutionException e) {
            // a loop that has ended has ended its streams
        }
    }

    private EventExecutor loop() {
        for (EventExecutor loop : loops) {
            if (loop.inEventLoop()) {
                return loop;
            }
        }
        throw new IllegalStateException("streams are handled on the event loops only");
    }

    private final class Call extends ServerCall.Listener<ProxyMessage> implements Outlet {
        private final ServerCall<ProxyMessage, PickerMessage> call;
        private final EventExecutor loop;
        private final ProcessorStream stream;
        private boolean headersSent;

        Call(ServerCall<ProxyMessage, PickerMessage> call, EventExecutor loop) {
            this.call = call;
            this.loop = loop;
            stream = new ProcessorStream(context, this);
            var size = InboundSize.ofCall();
            if (size != null) {
                // later: a stream is not to be ended from within the reading of its message
                size.whenExceeded(() -> loop.execute(stream::tooLong), () -> loop.execute(stream::crowded));
            }
        }

        @Override
        public void onMessage(ProxyMessage message) {
            stream.receive(message);
        }

        @Override
        public void onHalfClose() {
            stream.halfClosed();
        }

        @Override
        public void onCancel() {
            open.remove(this);
            stream.cancelled();
        }

        @Override
        public void onComplete() {
            open.remove(this);
            stream.finished();
        }

        @Override
        public void onReady() {
            stream.ready();
        }

        @Override
        public void send(PickerMessage message) {
            if (message instanceof PickerMessage.Built(var response) && response.getSerializedSize() > mostBytes) {
                stream.refuse(Refusals.replacedTooLong(response.hasResponseBody(), mostBytes));
                return;
            }
            if (!headersSent) {
                headersSent = true;
                call.sendHeaders(new Metadata());
            }
            call.sendMessage(message);
        }

        @Override
        public boolean ready() {
            return call.isReady();
        }

        @Override
        public void request() {
            call.request(1);
        }

        @Override
        public void later(Runnable task) {
            loop.execute(task);
        }

        @Override
        public Runnable after(long nanos, Runnable task) {
            var scheduled = loop.schedule(task, nanos, TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        }

        @Override
        public void complete() {
            if (!call.isCancelled()) {
                call.close(Status.OK, new Metadata());
            }
        }

        @Override
        public void fail(String why) {
            if (!call.isCancelled()) {
                call.close(Status.UNAVAILABLE.withDescription(why), new Metadata());
            }
        }
    }
}
