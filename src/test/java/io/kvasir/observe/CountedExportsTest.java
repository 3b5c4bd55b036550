package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kvasir.testing.CollectedMetrics;
import io.kvasir.testing.SpanCollector;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class CountedExportsTest {
    private final List<String> lines = new ArrayList<>();
    private final AtomicLong nanos = new AtomicLong();
    private final CountedExports exports = new CountedExports(nanos::get, (_, line) -> lines.add(line));

    @Test
    void spansOfWhichACollectorNeverSaysAnythingAreLostInTime() {
        var answer = new CompletableResultCode();
        exports.sendBy(new SpanCollector(_ -> answer), Duration.ofMillis(20));

        var result = exports.export(spans(3));

        await().until(() -> counted("lost") == 3);
        assertThat(result.isSuccess()).isFalse();
        assertThat(result.getFailureThrowable()).isInstanceOf(TimeoutException.class);
        // what it says afterwards changes nothing
        answer.succeed();
        assertThat(result.isSuccess()).isFalse();
        assertThat(counted("lost")).isEqualTo(3);
        assertThat(counted("exported")).isZero();
    }

    private double counted(String result) {
        return CollectedMetrics.of(exports::describe).value("kvasir_spans_total{result=" + result + "}");
    }

    @Test
    void aCollectorThatComesAndGoesIsToldOfOnceAMinuteAtMost() {
        var answer = new AtomicReference<CompletableResultCode>();
        exports.sendBy(new SpanCollector(_ -> answer.get()), Duration.ofSeconds(1));

        for (int i = 0; i < 100; i++) {
            answer.set(CompletableResultCode.ofFailure());
            exports.export(spans(1));
            answer.set(CompletableResultCode.ofSuccess());
            exports.export(spans(1));
            nanos.addAndGet(1_000_000_000L);
        }

        assertThat(lines)
                .containsExactly(
                        "spans do not reach their collector and are lost",
                        "spans reach their collector again",
                        "spans do not reach their collector and are lost",
                        "spans reach their collector again");
    }

    private static List<SpanData> spans(int count) {
        return Collections.nCopies(count, (SpanData)
                Proxy.newProxyInstance(SpanData.class.getClassLoader(), new Class<?>[] {SpanData.class}, (_, _, _) -> {
                    throw new UnsupportedOperationException();
                }));
    }
}
