package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.failure.ContainedFailures;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WriteBatchTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ContainedFailures failures = new ContainedFailures("writing an answer");
    private final WriteBatch batch = new WriteBatch(channel.eventLoop(), failures);
    private final List<String> written = new ArrayList<>();

    private WriteBatch.Writer answer(String name, boolean broken, boolean hopeless) {
        return new WriteBatch.Writer() {
            @Override
            public void flush() {
                if (broken) {
                    throw new IllegalStateException(name);
                }
                written.add(name);
            }

            @Override
            public void writeFailed() {
                if (hopeless) {
                    throw new IllegalStateException(name);
                }
                written.add(name + " given up");
            }
        };
    }

    @Test
    void anAnswerThatCannotBeWrittenIsGivenUpAndKeepsNoOtherOneWaiting() {
        batch.add(answer("a", false, false));
        batch.add(answer("b", true, false));
        batch.add(answer("c", true, true));
        batch.add(answer("d", false, false));
        channel.runPendingTasks();
        assertThat(written).containsExactly("a", "b given up", "d");
        assertThat(failures.count()).isEqualTo(3);

        batch.add(answer("e", false, false));
        channel.runPendingTasks();
        assertThat(written).endsWith("d", "e");
    }
}
