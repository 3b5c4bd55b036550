package io.kvasir.scrape;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be made of one HTTP/1.1 answer: Netty's decoder takes it apart, and nothing of it goes on in the pipeline. The
 * body is handed on as it comes, whether it has a length, comes in chunks, or lasts until the connection ends.
 */
final class ResponseReader {
    /** Takes the body's bytes in order; they stay the caller's. */
    interface Body {
        void body(ByteBuf bytes);
    }

    /** Longest first line, and largest head. */
    private static final int MAX_LINE = 8 << 10;

    private static final int MAX_HEAD = 64 << 10;
    private static final int MAX_PIECE = 64 << 10;
    private static final int LEAST_STATUS = 100;
    private static final int MOST_STATUS = 999;

    private final Body body;
    /** That of the connection made last. */
    private @Nullable Decoder latest;

    private long maxBody;
    private boolean heard;
    private boolean interim;
    private boolean done;
    private int status;
    private boolean keepAlive;
    private long bodyBytes;
    private @Nullable ScrapeFailure failure;

    /** @param body takes what comes of bodies, whatever the status */
    ResponseReader(Body body) {
        this.body = body;
    }

    /**
     * An answer is awaited.
     *
     * @param most bytes that its body may have
     */
    void begin(long most) {
        maxBody = most;
        heard = false;
        interim = false;
        done = false;
        status = 0;
        keepAlive = true;
        bodyBytes = 0;
        failure = null;
    }

    /** Reads the bytes of one connection into this; the one before it is heard no more. */
    ChannelInboundHandler decoder() {
        var made = new Decoder();
        latest = made;
        return made;
    }

    /** Whether nothing of the answer has come yet. */
    boolean untouched() {
        return !heard;
    }

    /** Whether the answer is complete. */
    boolean done() {
        return done && failure == null;
    }

    /** Why the answer cannot be used; null while it may be. */
    @Nullable
    ScrapeFailure failure() {
        return failure;
    }

    int status() {
        return status;
    }

    /** Whether the connection may be used again. */
    boolean keepAlive() {
        return keepAlive;
    }

    /** Bytes of the body so far. */
    long bodyBytes() {
        return bodyBytes;
    }

    /** The connection ended, and its decoder knows. */
    void closed() {
        keepAlive = false;
        if (!done) {
            fail(ScrapeFailure.CUT);
        }
    }

    private void take(Object message) {
        if (!(message instanceof HttpObject part)) {
            // of another protocol, after an interim answer that announced it
            fail(ScrapeFailure.MALFORMED);
            return;
        }
        if (part.decoderResult().isFailure()) {
            if (!(part.decoderResult().cause() instanceof PrematureChannelClosureException)) {
                fail(ScrapeFailure.MALFORMED);
            }
            return;
        }
        if (part instanceof HttpResponse head) {
            head(head);
        }
        if (part instanceof HttpContent content && !interim && failure == null) {
            content(content.content());
            if (part instanceof LastHttpContent) {
                done = true;
            }
        }
    }

    private void head(HttpResponse head) {
        status = head.status().code();
        interim = head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        var version = head.protocolVersion();
        if (version.majorVersion() != 1
                || !version.protocolName().equals(HttpVersion.HTTP_1_1.protocolName())
                || status < LEAST_STATUS
                || status > MOST_STATUS) {
            fail(ScrapeFailure.MALFORMED);
        } else if (!interim) {
            keepAlive = HttpUtil.isKeepAlive(head);
            var coding = head.headers().get(HttpHeaderNames.TRANSFER_ENCODING);
            var content = head.headers().get(HttpHeaderNames.CONTENT_ENCODING);
            if (coding != null && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)
                    || content != null && !HttpHeaderValues.IDENTITY.contentEqualsIgnoreCase(content)) {
                fail(ScrapeFailure.ENCODED);
            } else if (coding == null && HttpUtil.getContentLength(head, 0L) > maxBody) {
                fail(ScrapeFailure.TOO_LARGE);
            }
        }
    }

    private void content(ByteBuf bytes) {
        bodyBytes += bytes.readableBytes();
        if (bodyBytes > maxBody) {
            fail(ScrapeFailure.TOO_LARGE);
        } else if (bytes.isReadable()) {
            body.body(bytes);
        }
    }

    private void fail(ScrapeFailure why) {
        if (failure == null) {
            failure = why;
        }
        keepAlive = false;
    }

    private final class Decoder extends HttpResponseDecoder {
        Decoder() {
            super(new HttpDecoderConfig()
                    .setMaxInitialLineLength(MAX_LINE)
                    .setMaxHeaderSize(MAX_HEAD)
                    .setMaxChunkSize(MAX_PIECE)
                    .setAllowDuplicateContentLengths(true)
                    .setStrictLineParsing(false));
        }

        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
            if (latest == this) {
                heard |= in.isReadable();
                if (done && in.isReadable()) {
                    // the length of the answer was a lie
                    fail(ScrapeFailure.MALFORMED);
                }
            }
            if (latest == this && failure == null) {
                super.decode(context, in, out);
                takeAll(out);
            } else {
                in.skipBytes(in.readableBytes());
            }
        }

        @Override
        protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
            super.decodeLast(context, in, out);
            takeAll(out);
        }

        private void takeAll(List<Object> out) {
            try {
                for (int i = 0; i < out.size() && latest == this; i++) {
                    take(out.get(i));
                }
            } finally {
                out.forEach(ReferenceCountUtil::release);
                out.clear();
            }
        }
    }
}
