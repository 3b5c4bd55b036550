package io.kvasir.extproc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One stream as a proxy would open it. Answers wait in a queue until they are asked for. */
public final class ProxyCall {
    private static final long PATIENCE_SECONDS = 20;

    /** What the picker did: sent a message, or ended the stream. */
    sealed interface Event {
        record Answer(ProcessingResponse response) implements Event {}

        record Closed(Status status) implements Event {}
    }

    private final ClientCall<ProxyMessage, PickerMessage> call;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

    public ProxyCall(Channel channel) {
        call = channel.newCall(ExternalProcessor.PROCESS, CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<PickerMessage>() {
                    @Override
                    public void onMessage(PickerMessage message) {
                        events.add(new Event.Answer(((PickerMessage.Built) message).response()));
                        call.request(1);
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        events.add(new Event.Closed(status));
                    }
                },
                new Metadata());
        call.request(1);
    }

    public void send(ProxyMessage message) {
        call.sendMessage(message);
    }

    void halfClose() {
        call.halfClose();
    }

    public void cancel() {
        call.cancel("the client hung up", null);
    }

    /** The next event; fails when none comes. */
    Event next() {
        var event = poll(PATIENCE_SECONDS);
        if (event == null) {
            throw new AssertionError("the picker said nothing for " + PATIENCE_SECONDS + " s");
        }
        return event;
    }

    public ProcessingResponse answer() {
        return switch (next()) {
            case Event.Answer(var response) -> response;
            case Event.Closed(var status) -> throw new AssertionError("the stream ended with " + status);
        };
    }

    Status closed() {
        return switch (next()) {
            case Event.Answer(var response) -> throw new AssertionError("an answer instead of the end: " + response);
            case Event.Closed(var status) -> status;
        };
    }

    /** What is there now, without waiting. */
    @Nullable
    Event now() {
        return events.poll();
    }

    private @Nullable Event poll(long seconds) {
        try {
            return events.poll(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
