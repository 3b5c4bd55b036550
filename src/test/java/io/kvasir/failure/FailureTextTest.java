package io.kvasir.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class FailureTextTest {

    @Test
    void theInnermostCauseThatSaysAnythingIsHeard() {
        assertThat(FailureText.of(new IllegalStateException("outer", new IOException("inner\nmore"))))
                .isEqualTo("inner");
        assertThat(FailureText.of(new IllegalStateException("outer", new ClosedChannelException())))
                .isEqualTo("outer");
    }

    @Test
    void aFailureWithoutWordsIsToldByItsType() {
        assertThat(FailureText.of(new ClosedChannelException())).isEqualTo("ClosedChannelException");
        assertThat(FailureText.of(new IllegalStateException(null, new NullPointerException())))
                .isEqualTo("NullPointerException");
        assertThat(FailureText.of(new IllegalStateException("null"))).isEqualTo("IllegalStateException");
        assertThat(FailureText.of(new IllegalStateException(" \n"))).isEqualTo("IllegalStateException");
        assertThat(FailureText.of(new TimeoutException())).isEqualTo("timed out");
    }

    @Test
    void theNameOfASystemCallIsNotShown() {
        assertThat(FailureText.of(new IOException("connect(..) failed with error(-111): Connection refused")))
                .isEqualTo("Connection refused");
        assertThat(FailureText.of(new IOException("finishConnect(..) failed: Connection refused: /127.0.0.1:1")))
                .isEqualTo("Connection refused: /127.0.0.1:1");
    }

    @Test
    void aMessageThatIsOnlyANameIsPutIntoWords() {
        assertThat(FailureText.of(new UncheckedIOException(new NoSuchFileException("/etc/pool.yaml"))))
                .isEqualTo("no such file: /etc/pool.yaml");
        assertThat(FailureText.of(new UnknownHostException("api.example"))).isEqualTo("unknown host: api.example");
    }

    @Test
    void aRingOfCausesEnds() {
        var first = new IllegalStateException("first");
        first.initCause(new IllegalStateException("second", first));
        assertThat(FailureText.of(first)).isIn("first", "second");
    }
}
