package io.kvasir.admission.flow;

import io.kvasir.admission.Arrival;
import io.kvasir.admission.Ticket;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.request.Dialect;
import io.kvasir.request.FieldRanges;
import io.kvasir.request.PromptCounts;
import io.kvasir.request.Request;
import io.kvasir.request.RequestHeaders;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request that asks to be let in, as a test describes it. */
final class Asked implements Arrival {
    private final FlowFixture fixture;
    private final Request request;
    private final int priority;
    private final @Nullable Set<String> allowed;
    private final boolean mayWait;
    private final int outputTokens;
    private final String model;
    private @Nullable Ticket ticket;
    private @Nullable Runnable decided;

    private Asked(
            FlowFixture fixture,
            Request request,
            int priority,
            @Nullable Set<String> allowed,
            boolean mayWait,
            int outputTokens,
            String model) {
        this.fixture = fixture;
        this.request = request;
        this.priority = priority;
        this.allowed = allowed;
        this.mayWait = mayWait;
        this.outputTokens = outputTokens;
        this.model = model;
    }

    /** A chat of that tenant. */
    static Asked of(FlowFixture fixture, String tenant, int promptTokens, int outputTokens) {
        var request = new Request(
                Dialect.CHAT_COMPLETIONS,
                false,
                FlowFixture.MODEL,
                true,
                false,
                outputTokens,
                0,
                false,
                1,
                PromptCounts.NONE,
                promptTokens,
                promptTokens,
                null,
                null,
                null,
                null,
                null,
                0,
                4L * promptTokens,
                -1,
                false,
                null,
                FieldRanges.NONE,
                RequestHeaders.NONE.withFairnessId(tenant));
        return new Asked(fixture, request, 0, null, true, outputTokens, FlowFixture.MODEL);
    }

    Asked priority(int next) {
        return new Asked(fixture, request, next, allowed, mayWait, outputTokens, model);
    }

    Asked allowed(String... hostPorts) {
        return new Asked(fixture, request, priority, Set.of(hostPorts), mayWait, outputTokens, model);
    }

    Asked model(String next) {
        return new Asked(fixture, request, priority, allowed, mayWait, outputTokens, next);
    }

    Asked cannotWait() {
        return new Asked(fixture, request, priority, allowed, false, outputTokens, model);
    }

    Asked session(String id) {
        return headers(request.headers().withSessionId(id));
    }

    Asked patience(double seconds, int tries) {
        return headers(request.headers().withPatience(seconds, tries));
    }

    Asked slo(double ttft) {
        return headers(request.headers().withSlo(ttft, Double.NaN));
    }

    private Asked headers(RequestHeaders headers) {
        return new Asked(fixture, request.withHeaders(headers), priority, allowed, mayWait, outputTokens, model);
    }

    /** What happens once its wait is decided. */
    Asked then(Runnable told) {
        decided = told;
        return this;
    }

    /** Its ticket; there must be one. */
    Ticket ticket() {
        return Objects.requireNonNull(ticket);
    }

    @Override
    public Request request() {
        return request;
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public Work work() {
        return Work.of(request, outputTokens);
    }

    @Override
    public int priority() {
        return priority;
    }

    @Override
    public PoolSnapshot pool() {
        return fixture.pool.snapshot();
    }

    @Override
    public @Nullable Set<String> allowed() {
        return allowed;
    }

    @Override
    public boolean allows(Endpoint endpoint) {
        return allowed == null || allowed.contains(endpoint.hostPort());
    }

    @Override
    public long nowNanos() {
        return fixture.clock.get();
    }

    @Override
    public boolean mayWait() {
        return mayWait;
    }

    @Override
    public Ticket hold(long deadlineNanos, Runnable left) {
        var told = decided;
        var made = new Ticket(deadlineNanos, told == null ? () -> {} : told, left);
        ticket = made;
        return made;
    }
}
