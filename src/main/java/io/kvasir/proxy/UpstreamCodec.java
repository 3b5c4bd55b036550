package io.kvasir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
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

    /** Makes any line that it is put before no size of a chunk. */
    private static final byte[] NO_SIZE = {'!', '\r', '\n'};

    private final ProxyCounts counts;
    private final ChunkFraming framing = new ChunkFraming();
    private final Decoder decoder;
    private @Nullable HttpMethod method;
    private @Nullable HttpResponse answer;
    private boolean reading;
    /** The request was written while earlier bytes were being read: what else comes of them cannot be its answer. */
    private boolean unsent;

    private @Nullable ChannelHandlerContext context;
    /** Who takes the body as it comes; null for nobody. */
    private @Nullable FramedBody taker;
    /** Whether what comes is read here, and not by the decoder, which waits before a chunk. */
    private boolean passing;
    /** The beginning of a size line. */
    private @Nullable ByteBuf cut;
    /** Who has been told of bytes in this read. */
    private @Nullable FramedBody told;
    /** Whether the decoder had bytes of this read. */
    private boolean decoded;

    private UpstreamCodec(ProxyCounts counts, int mostHeaders, int chunk) {
        this.counts = counts;
        decoder = new Decoder(
                new HttpDecoderConfig().setMaxHeaderSize(mostHeaders).setMaxChunkSize(chunk));
        init(decoder, new HttpRequestEncoder());
    }

    /** Puts one into a connection that has carried nothing yet. Returns null where it does not speak HTTP/1. */
    static @Nullable UpstreamCodec install(ChannelPipeline pipeline, ProxyCounts counts, int mostHeaders, int chunk) {
        if (pipeline.get(NAME) == null) {
            return null;
        }
        var codec = new UpstreamCodec(counts, mostHeaders, chunk);
        pipeline.replace(NAME, NAME, codec);
        return codec;
    }

    /** That of a connection; null where it does not speak HTTP/1. */
    static @Nullable UpstreamCodec of(HttpConnection connection) {
        return ((ConnectionBase) connection).channel().pipeline().get(UpstreamCodec.class);
    }

    /**
     * Has the rest of the answer under way taken as it comes, from the beginning of a chunk on and where chunks are
     * plain. Its last chunk comes as ever, as does whatever is left where one is not plain.
     *
     * @param body null for nobody, unless it {@link #isPassing} already
     */
    void passTo(@Nullable FramedBody body) {
        taker = body;
    }

    /** Whether the body is taken as it comes now. */
    boolean isPassing() {
        return passing;
    }

    /** Has the connection be read, or not. */
    void read(boolean on) {
        if (context != null) {
            context.channel().config().setAutoRead(on);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
        super.handlerAdded(ctx);
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
        var body = taker;
        if (body != null && message instanceof ByteBuf bytes && (passing || decoder.betweenChunks())) {
            passing = true;
            pass(ctx, bytes, body);
        } else {
            decode(ctx, message);
        }
    }

    /**
     * Bytes that may skip the handlers before this one.
     *
     * @return false where they are to come through them
     */
    boolean pass(ByteBuf bytes) throws Exception {
        var ctx = context;
        var body = taker;
        if (!passing || body == null || ctx == null) {
            return false;
        }
        reading = true;
        pass(ctx, bytes, body);
        return true;
    }

    /** All of a read has come. Returns whether nobody behind this handler needs to know, as nothing went there. */
    boolean passed() {
        if (decoded || !passing) {
            return false;
        }
        readComplete();
        return true;
    }

    private void decode(ChannelHandlerContext ctx, Object message) throws Exception {
        decoded = true;
        super.channelRead(ctx, message);
    }

    private void pass(ChannelHandlerContext ctx, ByteBuf read, FramedBody body) throws Exception {
        var bytes = cut == null ? read : joined(ctx, cut, read);
        cut = null;
        int from = bytes.readerIndex();
        int to = bytes.writerIndex();
        int end = from;
        ByteBuf rest = null;
        try {
            end = framing.advance(bytes, from, to, body);
            if (framing.isOver()) {
                passing = false;
                taker = null;
                rest = framing.isBroken() ? Unpooled.wrappedBuffer(NO_SIZE) : bytes.retainedSlice(end, to - end);
            } else if (end < to) {
                cut = ctx.alloc().heapBuffer(to - end).writeBytes(bytes, end, to - end);
                framing.rereadLine();
            }
        } finally {
            if (end > from) {
                told = body;
                body.framed(bytes.writerIndex(end));
            } else {
                bytes.release();
            }
        }
        if (rest != null) {
            body.over();
            decode(ctx, rest);
        }
    }

    private static ByteBuf joined(ChannelHandlerContext ctx, ByteBuf first, ByteBuf second) {
        try {
            return ctx.alloc()
                    .buffer(first.readableBytes() + second.readableBytes())
                    .writeBytes(first)
                    .writeBytes(second);
        } finally {
            first.release();
            second.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        decoded = false;
        readComplete();
        super.channelReadComplete(ctx);
    }

    private void readComplete() {
        reading = false;
        unsent = false;
        var body = told;
        if (body != null) {
            told = null;
            body.flushFramed();
        }
    }

    /** Neither half has to do with it. */
    @Override
    public void read(ChannelHandlerContext ctx) {
        ctx.read();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) throws Exception {
        readComplete();
        if (cut != null) {
            cut.release();
            cut = null;
        }
        super.handlerRemoved(ctx);
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
            int from = in.readerIndex();
            super.decode(ctx, in, out);
            boolean begun = false;
            for (int i = before; i < out.size(); i++) {
                if (out.get(i) instanceof HttpResponse head) {
                    answer = head;
                    begun = true;
                    framing.begin(HttpUtil.isTransferEncodingChunked(head));
                }
            }
            if (!begun) {
                framing.advance(in, from, in.readerIndex(), ChunkFraming.NOBODY);
            }
            if (out.size() > before && out.getLast() instanceof LastHttpContent) {
                complete(in, out, before);
            }
        }

        boolean betweenChunks() {
            return framing.betweenChunks() && actualReadableBytes() == 0;
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
            taker = null;
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
