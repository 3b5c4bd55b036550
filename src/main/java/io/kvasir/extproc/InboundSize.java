package io.kvasir.extproc;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.HeldBytes;
import org.jspecify.annotations.Nullable;

/**
 * Watches the message that is arriving on one stream. gRPC hands a message over when it is complete, and ends the stream
 * with an error where one is announced that is longer than its limit, before anybody could answer. Its limit is therefore
 * set out of reach, and this one tells the stream as soon as more has arrived than is taken; so that no more than that is
 * ever in memory, and the client gets an answer.
 *
 * <p>Until it is handed over, what has arrived of a message is in the budget of bodies, with what each frame of it costs.
 */
final class InboundSize extends ServerStreamTracer {
    private static final Context.Key<InboundSize> KEY = Context.key("kvasir-inbound-size");

    /** Costs not yet in the budget: most messages are there at once, and need none. */
    private static final int UNCHARGED = 8 << 10;
    /** A message that is shorter is let in whatever the budget says: so much each stream may have. */
    private static final int ALWAYS_TAKEN = 256 << 10;

    private final int most;
    private final BodyBudget budget;
    private long arrived;
    private long cost;
    private long charged;
    private boolean closed;
    private @Nullable Runnable exceeded;
    private @Nullable Runnable crowded;

    private InboundSize(int most, BodyBudget budget) {
        this.most = most;
        this.budget = budget;
    }

    /** Watches every stream of a server. */
    static Factory factory(int most, BodyBudget budget) {
        return new Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                return new InboundSize(most, budget);
            }
        };
    }

    /** That of the call which is being started; null on a server that does not watch. */
    static @Nullable InboundSize ofCall() {
        return KEY.get();
    }

    /**
     * What to do on the event loop, while bytes are being read from a message.
     *
     * @param tooLong run when it turns out to be longer than is taken
     * @param noRoom run when the budget has no room for a long one
     */
    void whenExceeded(Runnable tooLong, Runnable noRoom) {
        exceeded = tooLong;
        crowded = noRoom;
    }

    @Override
    public Context filterContext(Context context) {
        return context.withValue(KEY, this);
    }

    @Override
    public void inboundWireSize(long bytes) {
        arrived += bytes;
        cost += bytes + HeldBytes.PIECE;
        boolean room = closed || cost - charged < UNCHARGED || charge();
        if (arrived > most) {
            exceeded = run(exceeded);
        } else if (!room && arrived > ALWAYS_TAKEN) {
            crowded = run(crowded);
        }
    }

    private boolean charge() {
        long held = charged;
        long more = cost - held;
        charged = cost;
        if (budget.tryReserve(more, held)) {
            return true;
        }
        budget.reserve(more);
        return false;
    }

    private static @Nullable Runnable run(@Nullable Runnable task) {
        if (task != null) {
            task.run();
        }
        return null;
    }

    @Override
    public void inboundMessageRead(int number, long wireSize, long size) {
        handedOver();
    }

    @Override
    public void streamClosed(Status status) {
        closed = true;
        handedOver();
    }

    private void handedOver() {
        budget.release(charged);
        arrived = 0;
        cost = 0;
        charged = 0;
    }
}
