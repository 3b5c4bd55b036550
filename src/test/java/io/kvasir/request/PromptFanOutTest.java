package io.kvasir.request;

import static io.kvasir.request.Dialect.CHAT_COMPLETIONS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.request.PromptFanOut.Listener;
import java.util.List;
import org.junit.jupiter.api.Test;

class PromptFanOutTest {
    private static final byte[] BODY = ("{\"messages\":[{\"role\":\"user\",\"content\":\"What is a \\\"block\\\"?\"}],"
                    + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"model\":\"m\"}")
            .getBytes(UTF_8);
    private static final byte[] IDS = "{\"prompt\":[1,2,3,4],\"model\":\"m\"}".getBytes(UTF_8);

    private final PromptFanOut.Counts counts = new PromptFanOut.Counts();
    private final BodyScanner scanner = new BodyScanner();

    /** Fails at one of its calls. */
    private static final class Failing implements PromptSink {
        private int calls;
        private int failsAt;

        private void call() {
            if (++calls == failsAt) {
                throw new IllegalStateException("a listener that throws");
            }
        }

        @Override
        public void begin(Part part) {
            call();
        }

        @Override
        public void text(byte[] bytes, int offset, int length) {
            call();
        }

        @Override
        public void token(int id) {
            call();
        }

        @Override
        public void end(Part part) {
            call();
        }

        @Override
        public void restart() {
            call();
        }
    }

    private Request read(Dialect dialect, byte[] body, PromptFanOut heard) {
        heard.reset();
        scanner.reset(dialect, heard);
        for (int at = 0; at < body.length; at += 5) {
            scanner.feed(body, at, Math.min(5, body.length - at));
        }
        scanner.finish();
        return scanner.request();
    }

    @Test
    void everyListenerHearsTheWholePrompt() {
        var one = new RecordingSink();
        var other = new RecordingSink();
        var heard = new PromptFanOut(List.of(Listener.unbounded(one), Listener.unbounded(other)), counts);
        var request = read(CHAT_COMPLETIONS, BODY, heard);
        assertThat(request.model()).isEqualTo("m");
        assertThat(one.record()).isEqualTo(other.record()).anyMatch(line -> line.contains("What is a \"block\"?"));
        assertThat(counts.failed()).isZero();
        assertThat(counts.cut()).isZero();
    }

    @Test
    void aListenerThatFailsAnywhereIsDeafToTheEndOfThePromptAndNobodyElseNotices() {
        byte[] replaced =
                "{\"messages\":[{\"role\":\"a\"}],\"messages\":[{\"content\":\"b\"}],\"prompt\":[7]}".getBytes(UTF_8);
        var alone = new RecordingSink();
        read(CHAT_COMPLETIONS, replaced, new PromptFanOut(List.of(Listener.unbounded(alone)), counts));
        var failing = new Failing();
        int failed = 0;
        for (int at = 1; at < 30; at++) {
            failing.calls = 0;
            failing.failsAt = at;
            var other = new RecordingSink();
            var heard = new PromptFanOut(List.of(Listener.unbounded(failing), Listener.unbounded(other)), counts);
            read(CHAT_COMPLETIONS, replaced, heard);
            assertThat(other.record()).isEqualTo(alone.record());
            assertThat(heard.failed(0)).isEqualTo(failing.calls == at);
            assertThat(heard.failed(1)).isFalse();
            failed += heard.failed(0) ? 1 : 0;
        }
        assertThat(failed).isGreaterThan(8);
        assertThat(counts.failed()).isEqualTo(failed);
    }

    @Test
    void aListenerThatFailedHearsTheNextPrompt() {
        var failing = new Failing();
        failing.failsAt = 2;
        var heard = new PromptFanOut(List.of(Listener.unbounded(failing)), counts);
        read(Dialect.COMPLETIONS, IDS, heard);
        assertThat(heard.failed(0)).isTrue();
        assertThat(failing.calls).isEqualTo(2);
        read(Dialect.COMPLETIONS, IDS, heard);
        assertThat(heard.failed(0)).isFalse();
        assertThat(failing.calls).isEqualTo(2 + 6);
    }

    @Test
    void aListenerHearsAsMuchAsItsBoundAndWherePartsEnd() {
        var bounded = new RecordingSink();
        var other = new RecordingSink();
        var heard = new PromptFanOut(List.of(new Listener(bounded, 10), Listener.unbounded(other)), counts);
        read(Dialect.COMPLETIONS, IDS, heard);
        assertThat(bounded.prompt()).isEqualTo("<PROMPT #1 #2 PROMPT>");
        assertThat(other.prompt()).isEqualTo("<PROMPT #1 #2 #3 #4 PROMPT>");
        assertThat(counts.cut()).isEqualTo(1);
        bounded.restart();
        read(Dialect.COMPLETIONS, "{\"prompt\":[5,6,7],\"prompt\":[8,9]}".getBytes(UTF_8), heard);
        assertThat(bounded.prompt()).as("what replaces a prompt is heard anew").isEqualTo("<PROMPT #8 #9 PROMPT>");
        assertThat(counts.cut()).isEqualTo(2);
        bounded.restart();
        read(Dialect.COMPLETIONS, "{\"prompt\":\"tokens of text\"}".getBytes(UTF_8), heard);
        assertThat(bounded.prompt()).isEqualTo("<PROMPT tokens of  PROMPT>");
        assertThat(counts.cut()).isEqualTo(3);
        assertThat(counts.failed()).isZero();
    }
}
