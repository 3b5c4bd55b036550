package io.kvasir.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.request.Refusals;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How one wait ends. */
class TicketTest {
    private final List<String> told = new ArrayList<>();
    private final Ticket ticket = new Ticket(100, () -> told.add("decided"), () -> told.add("left"));

    @Test
    void whoIsLetGoIsToldAndTheHolderKnows() {
        assertThat(ticket.letGo()).isTrue();

        assertThat(told).containsExactly("decided");
        assertThat(ticket.end()).isInstanceOf(Ticket.End.LetGo.class);
    }

    @Test
    void whoIsRefusedHearsTheWords() {
        var refusal = Refusals.saturated(3_000);
        assertThat(ticket.refuse(refusal)).isTrue();

        assertThat(told).containsExactly("decided");
        assertThat(ticket.end()).isEqualTo(new Ticket.End.Refused(refusal));
    }

    @Test
    void theHolderHearsOfWhoLeaves() {
        assertThat(ticket.cancel()).isTrue();

        assertThat(told).containsExactly("left");
    }

    @Test
    void aDeadlineThatComesIsToldToBothAndOneThatHasNotComeEndsNothing() {
        assertThat(ticket.expire(99)).isFalse();
        assertThat(told).isEmpty();

        assertThat(ticket.expire(100)).isTrue();
        assertThat(told).containsExactly("left", "decided");
    }

    @Test
    void whoHasNoDeadlineNeverExpires() {
        var patient = new Ticket(Ticket.NO_DEADLINE, () -> told.add("decided"), () -> told.add("left"));

        assertThat(patient.expire(Long.MAX_VALUE)).isFalse();
        assertThat(patient.end()).isNull();
    }

    @Test
    void onlyTheFirstEndCounts() {
        assertThat(ticket.cancel()).isTrue();

        assertThat(List.of(
                        ticket.letGo(), ticket.cancel(), ticket.expire(1000), ticket.refuse(Refusals.saturated(1_000))))
                .containsOnly(false);
        assertThat(told).containsExactly("left");
        assertThat(ticket.end()).isInstanceOf(Ticket.End.Cancelled.class);
    }
}
