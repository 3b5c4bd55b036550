package io.kvasir.route;

import io.kvasir.traffic.Door;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Two that follow requests, each in its own way; the first of them names the trace to who is asked next. */
final class BothTraces implements RequestTraces {
    private final RequestTraces one;
    private final RequestTraces other;

    BothTraces(RequestTraces one, RequestTraces other) {
        this.one = one;
        this.other = other;
    }

    @Override
    public @Nullable RequestTrace begin(Door door, @Nullable String parent, @Nullable String state) {
        var first = one.begin(door, parent, state);
        var second = other.begin(door, parent, state);
        return first == null ? second : second == null ? first : new Both(first, second);
    }

    private record Both(RequestTrace first, RequestTrace second) implements RequestTrace {
        @Override
        public boolean kept() {
            return first.kept() || second.kept();
        }

        @Override
        public void propagate(BiConsumer<String, String> headers) {
            first.propagate(headers);
            second.propagate(headers);
        }

        @Override
        public void on(RouterEvent event) {
            first.on(event);
            second.on(event);
        }

        @Override
        public void end(int status) {
            first.end(status);
            second.end(status);
        }
    }
}
