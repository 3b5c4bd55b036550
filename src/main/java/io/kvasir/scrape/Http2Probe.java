package io.kvasir.scrape;

import io.kvasir.pool.ApiKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Asks single questions in HTTP/2 by prior knowledge and waits for their answers, for those who look once. */
public final class Http2Probe implements AutoCloseable {
    private final NioEventLoopGroup group = new NioEventLoopGroup(1);
    private final Duration timeout;

    /** An answer whose body is complete; of other statuses than 200 the body is empty. */
    public record Answer(int status, byte[] body) {}

    /** @param timeout for connecting, and for a whole answer */
    public Http2Probe(Duration timeout) {
        this.timeout = timeout;
    }

    /**
     * Asks.
     *
     * @param key that the question carries; null for none
     * @throws IOException if there is no complete answer in time
     */
    public Answer get(String host, int port, String path, @Nullable ApiKey key) throws IOException {
        var loop = group.next();
        var bootstrap = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeout.toMillis());
        var told = new Told();
        var wiring = new Conversation.Wiring(loop, bootstrap, new byte[64 << 10], ScrapeSettings.adaptive());
        var conversation = new Http2Conversation(wiring, host, port, key, told);
        // the list's bound is the widest
        conversation.path(ProbeKind.MODELS, path);
        loop.execute(() -> conversation.ask(ProbeKind.MODELS, System.nanoTime()));
        try {
            return told.answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException("no answer in " + timeout.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            var cause = e.getCause();
            throw new IOException(String.valueOf(cause == null ? e.getMessage() : cause.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            loop.execute(conversation::close);
        }
    }

    @Override
    public void close() {
        var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private static final class Told implements Conversation.Listener {
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private final CompletableFuture<Answer> answer = new CompletableFuture<>();

        @Override
        public void body(ProbeKind ask, byte[] bytes, int offset, int length) {
            body.write(bytes, offset, length);
        }

        @Override
        public void answered(ProbeKind ask, int status, long bodyBytes, long askedNanos) {
            answer.complete(new Answer(status, body.toByteArray()));
        }

        @Override
        public void failed(ProbeKind ask, ScrapeFailure why) {
            answer.completeExceptionally(new IOException("no answer in HTTP/2: " + why.code()));
        }

        @Override
        public void connected() {
            // only the answer counts
        }

        @Override
        public void read(long nanos) {
            // nobody counts
        }
    }
}
