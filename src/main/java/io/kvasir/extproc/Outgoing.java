package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.HeldBytes;
import java.util.ArrayDeque;

/**
 * What a stream wants to send, in order. It goes to the transport while that takes it; what waits beyond waits here as
 * references to received bytes, where the budget sees it, not as copies in the transport.
 */
final class Outgoing {
    /** Waiting bytes above which a stream reads no further. */
    static final long PAUSE_BYTES = 256 << 10;

    private final Outlet outlet;
    private final BodyBudget budget;
    private final ArrayDeque<PickerMessage> waiting = new ArrayDeque<>(0);
    private long waitingBytes;
    /** Of messages that the transport has taken and not sent. */
    private long inTransport;

    private boolean completeWhenEmpty;

    Outgoing(Outlet outlet, BodyBudget budget) {
        this.outlet = outlet;
        this.budget = budget;
    }

    void send(PickerMessage message) {
        if (waiting.isEmpty() && outlet.ready()) {
            hand(message);
            return;
        }
        long bytes = bytes(message);
        waiting.add(message);
        waitingBytes += bytes;
        budget.reserve(bytes);
    }

    /** Sends a piece of a body in chunks that every data plane takes. */
    void sendBody(Direction direction, byte[] array, int offset, int length, boolean end) {
        int at = offset;
        int left = length;
        while (left > PickerMessage.MAX_CHUNK) {
            send(new PickerMessage.Chunk(direction, array, at, PickerMessage.MAX_CHUNK, false));
            at += PickerMessage.MAX_CHUNK;
            left -= PickerMessage.MAX_CHUNK;
        }
        send(new PickerMessage.Chunk(direction, array, at, left, end));
    }

    private void hand(PickerMessage message) {
        outlet.send(message);
        if (!outlet.ready()) {
            long bytes = bytes(message);
            inTransport += bytes;
            budget.reserve(bytes);
        }
    }

    /** The transport takes more. */
    void drain() {
        if (inTransport > 0 && outlet.ready()) {
            budget.release(inTransport);
            inTransport = 0;
        }
        while (!waiting.isEmpty() && outlet.ready()) {
            var message = waiting.remove();
            long bytes = bytes(message);
            waitingBytes -= bytes;
            budget.release(bytes);
            hand(message);
        }
        if (waiting.isEmpty() && completeWhenEmpty) {
            completeWhenEmpty = false;
            outlet.complete();
        }
    }

    /** Ends the stream in order once everything is sent. */
    void complete() {
        completeWhenEmpty = true;
        drain();
    }

    /** Nothing will be sent any more. */
    void clear() {
        waiting.clear();
        budget.release(waitingBytes + inTransport);
        waitingBytes = 0;
        inTransport = 0;
        completeWhenEmpty = false;
    }

    boolean full() {
        return waitingBytes > PAUSE_BYTES;
    }

    private static long bytes(PickerMessage message) {
        return (long) HeldBytes.PIECE
                + switch (message) {
                    case PickerMessage.Chunk chunk -> chunk.length();
                    case PickerMessage.Built(var response) -> response.getSerializedSize();
                };
    }
}
