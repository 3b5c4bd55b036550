package io.kvasir.load.extproc;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;

/**
 * One client: a stream after the other, each a whole request with its answer, every byte of it awaited. Everything happens
 * on one event loop.
 */
final class Client {
    private final ManagedChannel channel;
    private final EventExecutor loop;
    private final Work work;
    private final int chunks;
    private final long paceNanos;
    private final Tally tally;
    private boolean stopped;

    /**
     * @param paceNanos time between chunks of the response; 0 to send them in bulk
     */
    Client(ManagedChannel channel, EventExecutor loop, Work work, int chunks, long paceNanos, Tally tally) {
        this.channel = channel;
        this.loop = loop;
        this.work = work;
        this.chunks = chunks;
        this.paceNanos = paceNanos;
        this.tally = tally;
    }

    void start() {
        loop.execute(this::next);
    }

    void stop() {
        loop.execute(() -> stopped = true);
    }

    private void next() {
        if (!stopped) {
            new Stream().open();
        }
    }

    private final class Stream extends ClientCall.Listener<PickerMessage> {
        private final ClientCall<ProxyMessage, PickerMessage> call =
                channel.newCall(ExternalProcessor.PROCESS, CallOptions.DEFAULT);
        private long sentNanos;
        private int requestBytes;
        private boolean requestEnded;
        private int sentChunks;

        void open() {
            call.start(this, new Metadata());
            call.request(Integer.MAX_VALUE);
            for (var message : work.request()) {
                call.sendMessage(message);
            }
            sentNanos = System.nanoTime();
        }

        @Override
        public void onMessage(PickerMessage message) {
            ProcessingResponse answer = ((PickerMessage.Built) message).response();
            switch (answer.getResponseCase()) {
                case REQUEST_HEADERS -> tally.picked(System.nanoTime() - sentNanos);
                case REQUEST_BODY -> {
                    var streamed = answer.getRequestBody()
                            .getResponse()
                            .getBodyMutation()
                            .getStreamedResponse();
                    requestBytes += streamed.getBody().size();
                    if (streamed.getEndOfStream()) {
                        requestEnded = true;
                        call.sendMessage(work.responseHeaders());
                    }
                }
                case RESPONSE_HEADERS -> respond();
                case RESPONSE_BODY -> {
                    if (answer.getResponseBody()
                            .getResponse()
                            .getBodyMutation()
                            .getStreamedResponse()
                            .getEndOfStream()) {
                        call.halfClose();
                    }
                }
                default -> call.cancel("an answer that a request like this cannot get: " + answer, null);
            }
        }

        private void respond() {
            if (paceNanos == 0) {
                for (int i = 0; i < chunks; i++) {
                    call.sendMessage(work.responseChunk());
                }
                call.sendMessage(work.responseEnd());
            } else {
                pace();
            }
        }

        private void pace() {
            if (sentChunks == chunks) {
                call.sendMessage(work.responseEnd());
                return;
            }
            sentChunks++;
            call.sendMessage(work.responseChunk());
            var _ = loop.schedule(this::pace, paceNanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            tally.ended(status.isOk() && requestEnded && requestBytes == work.bodyBytes(), status);
            loop.execute(Client.this::next);
        }
    }
}
