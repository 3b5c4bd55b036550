package io.kvasir.extproc;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.extproc.wire.proto.BodyMutation;
import io.kvasir.extproc.wire.proto.BodyResponse;
import io.kvasir.extproc.wire.proto.CommonResponse;
import io.kvasir.extproc.wire.proto.HeadersResponse;
import io.kvasir.extproc.wire.proto.HttpBody;
import io.kvasir.extproc.wire.proto.ProcessingRequest;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.extproc.wire.proto.StreamedBodyResponse;
import io.kvasir.extproc.wire.proto.TrailersResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Another external processor of a gateway, such as one that reads or filters prompts: passes everything on, in full duplex,
 * but cuts bodies anew, so that chunks end where those that came did not.
 */
final class Recutter implements AutoCloseable {
    /** Bytes of its chunks: nothing that anybody sends divides it. */
    private static final int CHUNK = 997;

    private final Server server;
    private final LongAdder chunks = new LongAdder();

    Recutter() throws IOException {
        var method = ExternalProcessor.PROCESS.toBuilder(
                        ProtoUtils.marshaller(ProcessingRequest.getDefaultInstance()),
                        ProtoUtils.marshaller(ProcessingResponse.getDefaultInstance()))
                .build();
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(ServerServiceDefinition.builder(String.valueOf(method.getServiceName()))
                        .addMethod(method, ServerCalls.asyncBidiStreamingCall(Stream::new))
                        .build())
                .build()
                .start();
    }

    int port() {
        return server.getPort();
    }

    /** Chunks that it made, of all bodies. */
    long chunks() {
        return chunks.sum();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    private final class Stream implements StreamObserver<ProcessingRequest> {
        private final StreamObserver<ProcessingResponse> out;
        private ByteString request = ByteString.EMPTY;
        private ByteString response = ByteString.EMPTY;

        Stream(StreamObserver<ProcessingResponse> out) {
            this.out = out;
        }

        @Override
        public void onNext(ProcessingRequest message) {
            switch (message.getRequestCase()) {
                case REQUEST_HEADERS -> answer(to -> to.setRequestHeaders(HeadersResponse.getDefaultInstance()));
                case RESPONSE_HEADERS -> answer(to -> to.setResponseHeaders(HeadersResponse.getDefaultInstance()));
                case REQUEST_BODY ->
                    request = cut(request, message.getRequestBody(), body -> answer(to -> to.setRequestBody(body)));
                case RESPONSE_BODY ->
                    response = cut(response, message.getResponseBody(), body -> answer(to -> to.setResponseBody(body)));
                case REQUEST_TRAILERS -> answer(to -> to.setRequestTrailers(TrailersResponse.getDefaultInstance()));
                case RESPONSE_TRAILERS -> answer(to -> to.setResponseTrailers(TrailersResponse.getDefaultInstance()));
                case REQUEST_NOT_SET -> throw new IllegalStateException("an empty message");
            }
        }

        private void answer(Consumer<ProcessingResponse.Builder> what) {
            var answer = ProcessingResponse.newBuilder();
            what.accept(answer);
            out.onNext(answer.build());
        }

        /** Sends on what is there in chunks of its own, all but the last bytes where more is to come. */
        private ByteString cut(ByteString kept, HttpBody more, Consumer<BodyResponse> to) {
            var all = kept.concat(more.getBody());
            while (all.size() > CHUNK) {
                send(all.substring(0, CHUNK), false, to);
                all = all.substring(CHUNK);
            }
            if (more.getEndOfStream() || all.toStringUtf8().endsWith("\n\n")) {
                // or events would wait for the next one
                send(all, more.getEndOfStream(), to);
                return ByteString.EMPTY;
            }
            return all;
        }

        private void send(ByteString bytes, boolean end, Consumer<BodyResponse> to) {
            chunks.increment();
            to.accept(BodyResponse.newBuilder()
                    .setResponse(CommonResponse.newBuilder()
                            .setBodyMutation(BodyMutation.newBuilder()
                                    .setStreamedResponse(StreamedBodyResponse.newBuilder()
                                            .setBody(bytes)
                                            .setEndOfStream(end))))
                    .build());
        }

        @Override
        public void onError(Throwable error) {
            // the gateway is done with the request
        }

        @Override
        public void onCompleted() {
            out.onCompleted();
        }
    }
}
