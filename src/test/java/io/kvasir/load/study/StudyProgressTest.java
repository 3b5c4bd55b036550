package io.kvasir.load.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StudyProgressTest {
    private final StringWriter written = new StringWriter();
    private long now;

    @Test
    void aBarTellsHowManyRunsAreMadeAndHowLongTheRestTakes() {
        var progress = progress(true);
        progress.begin(4);
        pass(10);
        progress.made("a");
        assertThat(written.toString()).endsWith("[########                      ] 1 of 4 runs, 30 s left · a");
        pass(10);
        progress.at("b", 0.5);
        assertThat(written.toString()).endsWith("[###########                   ] 1 of 4 runs, 33 s left · b");
        progress.clear();
        assertThat(written.toString()).endsWith("\r\033[K");
    }

    @Test
    void whatIsLeftIsToldByTheWorkThatRunsAre() {
        var progress = progress(true);
        progress.begin(3, 100);
        pass(10);
        progress.made("short", 10);
        assertThat(written.toString()).endsWith("1 of 3 runs, 90 s left · short".replace("90 s", "2 min"));
        pass(10);
        progress.at("long", 30);
        assertThat(written.toString()).endsWith("1 of 3 runs, 30 s left · long");
    }

    @Test
    void whereThereIsNoTerminalALineComesNowAndThen() {
        var progress = progress(false);
        progress.begin(2);
        pass(1);
        progress.at("a", 0.1);
        assertThat(written.toString()).isEmpty();
        pass(40);
        progress.at("a", 0.5);
        assertThat(written.toString()).hasLineCount(1).doesNotContain("\r");
    }

    @Test
    void longTimesAreToldInWords() {
        assertThat(StudyProgress.left(89)).isEqualTo("89 s");
        assertThat(StudyProgress.left(600)).isEqualTo("10 min");
        assertThat(StudyProgress.left(9_000)).isEqualTo("2.5 h");
    }

    private StudyProgress progress(boolean terminal) {
        return new StudyProgress(new PrintWriter(written), terminal, () -> now);
    }

    private void pass(long seconds) {
        now += TimeUnit.SECONDS.toNanos(seconds);
    }
}
