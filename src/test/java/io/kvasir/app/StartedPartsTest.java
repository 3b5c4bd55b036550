package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StartedPartsTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final List<String> closed = Collections.synchronizedList(new ArrayList<>());
    private final StartedParts parts = new StartedParts();

    private void both() {
        parts.part("first", () -> closed.add("first"));
        parts.part("second", () -> closed.add("second"));
        parts.lead("lead", () -> closed.add("lead"));
    }

    @Test
    void doorsCloseAtOnceBehindTheLeadAndBeforeTheRest() {
        both();
        // each waits until the other is closing, too
        var together = new CyclicBarrier(2);
        for (String door : List.of("door", "door")) {
            parts.door(door, () -> {
                together.await(LONG.toSeconds(), TimeUnit.SECONDS);
                closed.add(door);
            });
        }
        parts.close(LONG);
        assertThat(closed).containsExactly("lead", "door", "door", "second", "first");
        parts.close(LONG);
        assertThat(closed).hasSize(5);
    }

    @Test
    void whatFailsToCloseKeepsNothingElseOpen() {
        both();
        parts.door("broken", () -> {
            throw new IllegalStateException("a door that cannot be closed");
        });
        parts.door("door", () -> closed.add("door"));
        parts.part("third", () -> {
            throw new java.io.IOException("a part that cannot be closed");
        });
        parts.lead("other", () -> {
            throw new IllegalStateException("a lead that cannot be given up");
        });
        parts.close(LONG);
        assertThat(closed).containsExactly("lead", "door", "second", "first");
    }

    @Test
    void aDoorThatHangsIsLeftBehind() {
        both();
        var never = new CountDownLatch(1);
        parts.door("hanging", never::await);
        parts.close(Duration.ofMillis(1));
        assertThat(closed).containsExactly("lead", "second", "first");
        never.countDown();
    }
}
