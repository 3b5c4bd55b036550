package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.kvasir.admission.Admission;
import io.kvasir.admission.Arrival;
import io.kvasir.admission.Evictable;
import io.kvasir.admission.Stay;
import io.kvasir.admission.TestAdmission;
import io.kvasir.admission.TestAdmission.Mode;
import io.kvasir.admission.Verdict;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.ServedModel;
import io.kvasir.prefix.PrefixView;
import io.kvasir.request.Dialect;
import io.kvasir.request.Refusal;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.Refusals;
import io.kvasir.request.RequestHeaders;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Requests between their keys and their books. */
class StagesTest {
    private static final EndpointSpec A = EndpointSpec.of("a", "10.0.0.1", 80);
    private static final EndpointSpec B = EndpointSpec.of("b", "10.0.0.2", 80);

    private final RouterFixture fixture = new RouterFixture(A, B);
    private final Router router = fixture.router;
    private final TestAdmission admission = new TestAdmission(Mode.HOLD);
    private final TestWaiter waiter = new TestWaiter();

    StagesTest() {
        router.admission(admission);
    }

    private Routing route(String model, RoutingHints hints, @Nullable Waiter who) {
        byte[] body = RouterFixture.chat(model, "hi");
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        var request = reading.finish().withHeaders(RequestHeaders.NONE);
        return who == null ? router.route(reading, request, hints) : router.route(reading, request, hints, who);
    }

    private Waiting waits() {
        var routing = route("m", RoutingHints.NONE, waiter);
        assertThat(routing).isInstanceOf(Waiting.class);
        return (Waiting) routing;
    }

    private void assertNothingLeft() {
        fixture.assertNothingInFlight();
        assertThat(List.of(admission.inside(), admission.waiting())).containsOnly(0);
        for (var reason : List.of(WaitReason.HOLDER, WaitReason.ADMISSION, WaitReason.MODEL_LISTS)) {
            assertThat(router.counts().waits().waiting(reason))
                    .as(reason.code())
                    .isZero();
        }
    }

    private static RefusalReason reason(Routing routing) {
        assertThat(routing).isInstanceOf(Routing.Refused.class);
        return ((Routing.Refused) routing).refusal().reason();
    }

    @Test
    void whatIsShippedLetsEverythingInAtOnce() {
        router.admission(Admission.OPEN);

        var routing = route("m", RoutingHints.NONE, waiter);

        assertThat(routing).isInstanceOf(Routing.Booked.class);
        assertThat(waiter.idle()).isTrue();
        ((Routing.Booked) routing).booking().finish(Outcome.COMPLETED);
        assertNothingLeft();
    }

    @Test
    void whoIsHeldIsBookedOnItsOwnLoopOnceItIsLetGo() throws Exception {
        var waiting = waits();
        fixture.assertNothingInFlight();
        assertThat(waiting.reason()).isEqualTo(WaitReason.ADMISSION);
        assertThat(router.counts().waits().waiting(WaitReason.ADMISSION)).isEqualTo(1);

        assertThat(admission.letGo(admission.held())).isTrue();
        fixture.assertNothingInFlight();
        assertThat(waiter.heard()).isEmpty();

        var booking = waiter.turn().booking();
        assertThat(booking.endpoint().load().requests()).isEqualTo(1);
        assertThat(admission.inside()).isEqualTo(1);
        booking.finish(Outcome.COMPLETED);
        assertNothingLeft();
    }

    @Test
    void itMeetsThePoolAsItIsThen() throws Exception {
        waits();
        fixture.pool.apply(List.of(B));

        admission.letGo(admission.held());

        var booking = waiter.turn().booking();
        assertThat(booking.endpoint().spec().name()).isEqualTo("b");
        booking.finish(Outcome.COMPLETED);
        assertNothingLeft();
    }

    @Test
    void admissionHearsOfAnEndAlsoWhereNoEndpointIsLeft() throws Exception {
        waits();
        fixture.pool.apply(List.of());

        admission.letGo(admission.held());

        assertThat(waiter.turn().heard())
                .singleElement()
                .satisfies(routing -> assertThat(reason(routing)).isEqualTo(RefusalReason.POOL_EMPTY));
        assertNothingLeft();
    }

    @Test
    void aRefusalSaysWhenToTryAgain() throws Exception {
        waits();
        assertThat(admission.refuse(admission.held())).isTrue();

        var heard = waiter.turn().heard().getFirst();
        assertThat(reason(heard)).isEqualTo(RefusalReason.SATURATED);
        assertThat(((Routing.Refused) heard).refusal().retryAfter()).isEqualTo(7);
        assertThat(router.counts().rejected(RefusalReason.SATURATED)).isEqualTo(1);
        assertNothingLeft();
    }

    @Test
    void aDeadlineEndsTheWait() {
        admission.patience(1000);
        var waiting = waits();
        assertThat(waiting.deadlineNanos()).isEqualTo(fixture.clock.get() + 1000);
        waiting.expire(fixture.clock.get() + 999);
        assertThat(waiter.idle()).isTrue();

        waiting.expire(fixture.clock.get() + 1000);

        assertThat(reason(waiter.turn().heard().getFirst())).isEqualTo(RefusalReason.WAIT_EXPIRED);
        assertThat(admission.left()).isEqualTo(1);
        assertNothingLeft();
    }

    @Test
    void whoLeavesLeavesNothingBehindAndHearsNothing() throws Exception {
        var waiting = waits();
        waiting.cancel();
        waiting.cancel();

        assertThat(admission.left()).isEqualTo(1);
        assertThat(admission.letGo(admission.held())).isFalse();
        assertThat(waiter.turn().heard()).isEmpty();
        assertThat(router.counts().waits().cancelled(WaitReason.ADMISSION)).isEqualTo(1);
        assertNothingLeft();
    }

    @Test
    void whoLeavesAfterItWasLetGoAndBeforeItHeardEndsThePlaceThatItGot() throws Exception {
        var waiting = waits();
        admission.letGo(admission.held());
        assertThat(admission.inside()).isEqualTo(1);

        waiting.cancel();

        assertThat(waiter.turn().heard()).isEmpty();
        assertNothingLeft();
    }

    @Test
    void whoLeavesAfterItWasRefusedAndBeforeItHeardHearsNothing() throws Exception {
        var waiting = waits();
        admission.refuse(admission.held());
        waiting.cancel();

        assertThat(waiter.turn().heard()).isEmpty();
        assertNothingLeft();
    }

    @Test
    void whoCannotWaitAnyLongerIsAskedOnceMore() {
        var waiting = waits();
        assertThat(reason(waiting.decideNow())).isEqualTo(RefusalReason.SATURATED);
        assertThat(admission.left()).isEqualTo(1);

        var other = waits();
        admission.mode(Mode.ADMIT);
        var routing = other.decideNow();
        assertThat(routing).isInstanceOf(Routing.Booked.class);
        ((Routing.Booked) routing).booking().finish(Outcome.CLIENT_GONE);
        assertThat(waiter.turn().heard()).isEmpty();
        assertThatThrownBy(other::decideNow).isInstanceOf(IllegalStateException.class);
        assertNothingLeft();
    }

    @Test
    void whoWasLetGoAndCannotWaitForItsLoopIsBookedOnce() throws Exception {
        var waiting = waits();
        admission.letGo(admission.held());

        var routing = waiting.decideNow();

        assertThat(routing).isInstanceOf(Routing.Booked.class);
        assertThat(waiter.turn().heard()).isEmpty();
        ((Routing.Booked) routing).booking().finish(Outcome.COMPLETED);
        assertNothingLeft();
    }

    @Test
    void whoCannotWaitAtAllIsNotHeld() {
        assertThat(reason(route("m", RoutingHints.NONE, null))).isEqualTo(RefusalReason.SATURATED);
        assertNothingLeft();
    }

    @Test
    void holdersAdmissionAndListsAreWaitedForOneAfterTheOther() throws Exception {
        var searched = new ArrayList<Runnable>();
        var refreshed = new ArrayList<Runnable>();
        var searching = new Waiter() {
            @Override
            public void execute(Runnable task) {
                waiter.execute(task);
            }

            @Override
            public void decided(Routing.Decided routing) {
                waiter.decided(routing);
            }

            @Override
            public boolean search(StoredObject object, Runnable done) {
                return searched.add(done);
            }
        };
        router.lists(new ModelLists() {
            @Override
            public boolean refresh(Runnable done) {
                return refreshed.add(done);
            }

            @Override
            public void reread(Endpoint endpoint) {
                // nobody answers
            }
        });
        fixture.pool.snapshot().endpoints().forEach(e -> e.serves(List.of(new ServedModel("base", null, 0))));
        var hints = RoutingHints.builder()
                .stored(StoredObject.of("/v1/responses/resp_1"))
                .build();

        var waiting = (Waiting) route("lora", hints, searching);
        assertThat(waiting.reason()).isEqualTo(WaitReason.HOLDER);
        router.stored().remember("resp_1", fixture.endpoint("b"));
        searched.getFirst().run();
        waiter.turn();
        assertThat(waiting.reason()).isEqualTo(WaitReason.ADMISSION);
        admission.letGo(admission.held());
        waiter.turn();
        assertThat(waiting.reason()).isEqualTo(WaitReason.MODEL_LISTS);
        assertThat(waiter.heard()).isEmpty();
        fixture.endpoint("b").serves(List.of(new ServedModel("lora", null, 0)));
        refreshed.getFirst().run();

        var booking = waiter.turn().booking();
        assertThat(booking.endpoint().spec().name()).isEqualTo("b");
        booking.finish(Outcome.COMPLETED);
        for (var reason : List.of(WaitReason.HOLDER, WaitReason.ADMISSION, WaitReason.MODEL_LISTS)) {
            assertThat(router.counts().waits().begun(reason)).isEqualTo(1);
        }
        assertNothingLeft();
    }

    @Test
    void admissionHearsWhereRoomIsMade() {
        admission.mode(Mode.ADMIT);
        var booking = ((Routing.Booked) route("m", RoutingHints.NONE, waiter)).booking();
        var first = booking.endpoint();
        assertThat(admission.freed()).isEmpty();

        booking.retry(RetryReason.REFUSED);
        assertThat(admission.freed()).contains(first);
        admission.freed().clear();

        booking.firstToken();
        assertThat(admission.freed()).containsExactly(booking.endpoint());
        booking.finish(Outcome.COMPLETED);
        assertThat(admission.freed()).containsExactly(booking.endpoint(), booking.endpoint());
        assertNothingLeft();
    }

    @Test
    void aReadingThatCouldNotBeBookedIsGivenBackOnce() {
        var view = (PrefixView) Proxy.newProxyInstance(
                PrefixView.class.getClassLoader(), new Class<?>[] {PrefixView.class}, (_, method, arguments) -> {
                    if (method.getName().equals("routed")) {
                        throw new IllegalStateException("a view that throws");
                    }
                    return method.invoke(fixture.view, arguments);
                });
        var broken = fixture.routerOver(view);
        var leased = new ArrayList<Reading>();
        broken.admission(new Admission() {
            @Override
            public Verdict admit(Arrival arrival) {
                return new Verdict.Admitted(new Stay() {
                    @Override
                    public Refusal expired() {
                        return Refusals.waitExpired(0);
                    }

                    @Override
                    public void booked(Endpoint endpoint, long uncachedTokens, Evictable request) {}

                    @Override
                    public void ended(@Nullable Endpoint endpoint, long computed, long output) {
                        leased.add(broken.read(Dialect.CHAT_COMPLETIONS));
                    }
                });
            }

            @Override
            public void freed(Endpoint endpoint) {}
        });

        assertThatThrownBy(() -> RouterFixture.route(broken, RouterFixture.chat("m", "hi")))
                .hasMessageContaining("a view that throws");

        assertThat(leased).hasSize(1);
        assertThat(broken.read(Dialect.CHAT_COMPLETIONS)).isNotSameAs(leased.getFirst());
        fixture.assertNothingInFlight();
    }

    /** Bytes that it takes to route and end one request, at the least of many tries. */
    private long allocated(@Nullable Waiter who) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[] body = RouterFixture.chat("m", "hi");
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 50; round++) {
            var reading = router.read(Dialect.CHAT_COMPLETIONS);
            reading.feed(body, 0, body.length);
            var request = reading.finish();
            long before = threads.getCurrentThreadAllocatedBytes();
            var routing = who == null
                    ? router.route(reading, request, RoutingHints.NONE)
                    : router.route(reading, request, RoutingHints.NONE, who);
            long after = threads.getCurrentThreadAllocatedBytes();
            ((Routing.Booked) routing).booking().finish(Outcome.COMPLETED);
            least = Math.min(least, after - before);
        }
        return least;
    }

    @Test
    void whoMayWaitAndNeedNotCostsNoMoreThanWhoCannot() {
        router.admission(Admission.OPEN);

        fixture.pool.snapshot().endpoints().forEach(e -> e.serves(List.of(new ServedModel("m", null, 0))));
        allocated(null);

        long mayWait = allocated(waiter);

        assertThat(mayWait).isEqualTo(allocated(null));
    }
}
