package io.kvasir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * HTTP on a connection to an endpoint: one request, then one final answer, RFC 9112 §6 and RFC 9110 §15.2.
 *
 * <p>Interim answers are dropped: some clients take any of them but 100 for the answer. What leaves in doubt where an answer
 * ends, or whose it is, ends the connection, so that no byte of it is taken for the answer to the next request:
 *
 * <ul>
 *   <li>bytes after the answer, or while no request is under way: closed;
 *   <li>a length beside chunks, or chunks in HTTP/1.0: passed on by its chunks, then closed;
 *   <li>101, which nobody asked for, a status that is none, a transfer coding other than chunked: no answer, closed.
 * </ul>
 */
final class UpstreamCodec extends CombinedChannelDuplexHandler<HttpResponseDecoder, HttpRequestEncoder> {
    /** Of the client's codec that this one replaces. */
    private static final String NAME = "codec";

    private static final int SWITCHING_PROTOCOLS = 101;
    private static final int LEAST_STATUS = 100;
    private static final int LEAST_FINAL = 200;

    private final ProxyCounts counts;
    private @Nullable HttpMethod method;
    private @Nullable HttpResponse answer;
    private boolean reading;
    /** The request was written while earlier bytes were being read: what else comes of them cannot be its answer. */
    private boolean unsent;

    private UpstreamCodec(ProxyCounts counts, int mostHeaders, int chunk) {
        this.counts = counts;
        init(
                new Decoder(
                        new HttpDecoderConfig().setMaxHeaderSize(mostHeaders).setMaxChunkSize(chunk)),
                new HttpRequestEncoder());
    }

    /** Puts one into a connection of HTTP/1 that has carried nothing yet. */
    static void install(ChannelPipeline pipeline, ProxyCounts counts, int mostHeaders, int chunk) {
        if (pipeline.get(NAME) != null) {
            pipeline.replace(NAME, NAME, new UpstreamCodec(counts, mostHeaders, chunk));
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) throws Exception {
        if (message instanceof HttpRequest request) {
            method = request.method();
            unsent = reading;
        }
        super.write(ctx, message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        reading = true;
        super.channelRead(ctx, message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        reading = false;
        unsent = false;
        super.channelReadComplete(ctx);
    }

    private final class Decoder extends HttpResponseDecoder {
        Decoder(HttpDecoderConfig config) {
            super(config);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            if (method == null || unsent) {
                in.skipBytes(in.readableBytes());
                counts.oddAnswer();
                var _ = ctx.close();
                return;
            }
            int before = out.size();
            super.decode(ctx, in, out);
            for (int i = before; i < out.size(); i++) {
                if (out.get(i) instanceof HttpResponse head) {
                    answer = head;
                }
            }
            if (out.size() > before && out.getLast() instanceof LastHttpContent) {
                complete(in, out, before);
            }
        }

        private void complete(ByteBuf in, List<Object> out, int before) {
            var whole = answer;
            answer = null;
            if (whole != null && isInterim(whole)) {
                counts.interimAnswer();
                out.subList(before, out.size()).clear();
                return;
            }
            method = null;
            if (in.isReadable() && whole != null) {
                in.skipBytes(in.readableBytes());
                closeAfter(whole);
            }
        }

        /** Called once a head is complete; what it throws makes the answer an invalid one. */
        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            var head = (HttpResponse) message;
            int status = head.status().code();
            if (status == SWITCHING_PROTOCOLS || status < LEAST_STATUS) {
                counts.oddAnswer();
                throw new IllegalArgumentException("status " + status + " is no answer");
            }
            if (isInterim(head)) {
                return true;
            }
            checkCoding(head);
            return HttpMethod.HEAD.equals(method) || super.isContentAlwaysEmpty(message);
        }

        private void checkCoding(HttpResponse head) {
            var headers = head.headers();
            var codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
            if (codings.isEmpty()) {
                return;
            }
            if (codings.size() > 1
                    || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(
                            codings.getFirst().strip())) {
                counts.oddAnswer();
                throw new IllegalArgumentException("transfer coding " + codings);
            }
            if (headers.contains(HttpHeaderNames.CONTENT_LENGTH)
                    || !HttpVersion.HTTP_1_1.equals(head.protocolVersion())) {
                headers.remove(HttpHeaderNames.CONTENT_LENGTH);
                closeAfter(head);
            }
        }

        /** The connection's owner reads the head again when the answer is complete. */
        private void closeAfter(HttpResponse head) {
            counts.oddAnswer();
            head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
    }

    private static boolean isInterim(HttpResponse head) {
        return head.status().code() < LEAST_FINAL;
    }
}
