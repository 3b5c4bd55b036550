package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kvasir.testing.CollectedMetrics;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CountedExportsTest {
    private final List<String> lines = new ArrayList<>();
    private final AtomicLong nanos = new AtomicLong();
    private final CountedExports exports = new CountedExports(nanos::get, (_, line) -> lines.add(line));

    private static final class Collector implements SpanExporter {
        private CompletableResultCode answer = CompletableResultCode.ofSuccess();

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            return answer;
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    @Test
    void spansOfWhichACollectorNeverSaysAnythingAreLostInTime() {
        var hangs = new Collector();
        hangs.answer = new CompletableResultCode();
        exports.sendBy(hangs, Duration.ofMillis(20));

        var result = exports.export(spans(3));

        await().until(() -> counted("lost") == 3);
        assertThat(result.isSuccess()).isFalse();
        assertThat(result.getFailureThrowable()).isInstanceOf(TimeoutException.class);
        // what it says afterwards changes nothing
        hangs.answer.succeed();
        assertThat(result.isSuccess()).isFalse();
        assertThat(counted("lost")).isEqualTo(3);
        assertThat(counted("exported")).isZero();
    }

    private double counted(String result) {
        return CollectedMetrics.of(exports::describe).value("kvasir_spans_total{result=" + result + "}");
    }

    @Test
    void aCollectorThatComesAndGoesIsToldOfOnceAMinuteAtMost() {
        var collector = new Collector();
        exports.sendBy(collector, Duration.ofSeconds(1));

        for (int i = 0; i < 100; i++) {
            collector.answer = CompletableResultCode.ofFailure();
            exports.export(spans(1));
            collector.answer = CompletableResultCode.ofSuccess();
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
