package io.kvasir.load.extproc;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.BodyResponse;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.extproc.wire.proto.StreamedBodyResponse;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;

/**
 * One client: a stream after the other, each a whole request with its answer, every byte of it awaited and compared.
 * Everything happens on one event loop. A client whose request fails makes no more.
 */
final class Client {
    private final ManagedChannel channel;
    private final EventExecutor loop;
    private final Work work;
    private final Pace pace;
    private final Tally tally;
    private long dueNanos;
    private boolean stopped;

    Client(ManagedChannel channel, EventExecutor loop, Work work, Pace pace, Tally tally) {
        this.channel = channel;
        this.loop = loop;
        this.work = work;
        this.pace = pace;
        this.tally = tally;
    }

    /** Begins, after a delay. */
    void start(long delayNanos) {
        dueNanos = System.nanoTime() + delayNanos;
        var _ = loop.schedule(this::next, delayNanos, TimeUnit.NANOSECONDS);
    }

    void stop() {
        loop.execute(() -> stopped = true);
    }

    private void next() {
        long wait = dueNanos - System.nanoTime();
        if (stopped) {
            return;
        }
        if (pace.requestNanos() > 0 && wait > 0) {
            var _ = loop.schedule(this::next, wait, TimeUnit.NANOSECONDS);
            return;
        }
        dueNanos += pace.requestNanos();
        new Stream().open();
    }

    private final class Stream extends ClientCall.Listener<PickerMessage> {
        private final ClientCall<ProxyMessage, PickerMessage> call =
                channel.newCall(ExternalProcessor.PROCESS, CallOptions.DEFAULT);
        private long sentNanos;
        private int requestBytes;
        private int responseBytes;
        private boolean requestEnded;
        private boolean responseEnded;
        private boolean same = true;
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
                case REQUEST_BODY -> requestBody(streamed(answer.getRequestBody()));
                case RESPONSE_HEADERS -> respond();
                case RESPONSE_BODY -> responseBody(streamed(answer.getResponseBody()));
                default -> call.cancel("an answer that a request like this cannot get: " + answer, null);
            }
        }

        private static StreamedBodyResponse streamed(BodyResponse answer) {
            return answer.getResponse().getBodyMutation().getStreamedResponse();
        }

        private void requestBody(StreamedBodyResponse piece) {
            ByteString bytes = piece.getBody();
            same &= requestBytes + bytes.size() <= work.body().size()
                    && work.body()
                            .substring(requestBytes, requestBytes + bytes.size())
                            .equals(bytes);
            requestBytes += bytes.size();
            if (piece.getEndOfStream()) {
                requestEnded = true;
                call.sendMessage(work.responseHeaders());
            }
        }

        private void responseBody(StreamedBodyResponse piece) {
            same &= work.isResponse(responseBytes, piece.getBody());
            responseBytes += piece.getBody().size();
            if (piece.getEndOfStream()) {
                responseEnded = true;
                call.halfClose();
            }
        }

        private void respond() {
            if (pace.chunkNanos() == 0) {
                for (int i = 0; i < pace.chunks(); i++) {
                    call.sendMessage(work.responseChunk());
                }
                call.sendMessage(work.responseEnd());
            } else {
                respondPaced();
            }
        }

        private void respondPaced() {
            if (sentChunks == pace.chunks()) {
                call.sendMessage(work.responseEnd());
                return;
            }
            sentChunks++;
            call.sendMessage(work.responseChunk());
            var _ = loop.schedule(this::respondPaced, pace.chunkNanos(), TimeUnit.NANOSECONDS);
        }

        private boolean whole() {
            return same
                    && requestEnded
                    && responseEnded
                    && requestBytes == work.body().size()
                    && responseBytes == pace.chunks() * work.event().size();
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            boolean good = status.isOk() && whole();
            if (!stopped || good) {
                tally.ended(good, status);
            }
            stopped |= !good;
            loop.execute(Client.this::next);
        }
    }
}
