package io.kvasir.observe;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.route.Router;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The router that the REST views show, once it runs. */
@ApplicationScoped
public class ObservedRouter {
    private volatile @Nullable Router router;
    private volatile @Nullable FlowControl queue;
    private volatile Supplier<Map<String, Object>> config = Map::of;

    private volatile List<String> notices = List.of();

    private volatile boolean demo;

    /** Says that it routes over the embedded demo pool. */
    public void demo(boolean shown) {
        demo = shown;
    }

    /** Whether it routes over the embedded demo pool. */
    public boolean demo() {
        return demo;
    }

    /** Says what was unwise about the start, such as flags without effect, a line each. */
    public void notices(List<String> lines) {
        notices = List.copyOf(lines);
    }

    /** What was unwise about the start, a line each. */
    public List<String> notices() {
        return notices;
    }

    /** Shows that router from now on. */
    public void show(Router running) {
        router = running;
    }

    /**
     * Shows that configuration from now on.
     *
     * @param shown makes it, as values of JSON
     */
    public void show(Supplier<Map<String, Object>> shown) {
        config = shown;
    }

    /** Shows what waits there from now on; null where nothing waits. */
    public void show(@Nullable FlowControl waits) {
        queue = waits;
    }

    /** What has requests wait; empty before the router runs, and where none do. */
    public Optional<FlowControl> queue() {
        return Optional.ofNullable(queue);
    }

    /** The configuration in force; empty before the router runs. */
    public Map<String, Object> config() {
        return config.get();
    }

    /** The router, empty before it runs. */
    public Optional<Router> router() {
        return Optional.ofNullable(router);
    }
}
