package io.kvasir.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

/** The table of refusals. */
class RefusalReasonTest {
    private static final String HEAD = "| `code` | status | `type` | reason header | found by |";

    private static String row(RefusalReason reason) {
        return "| `" + reason.errorCode() + "` | " + reason.status() + " | `" + reason.type() + "` | `"
                + reason.header() + "` | " + reason.by().words() + " |";
    }

    @Test
    void theDocumentationHasTheTable() throws IOException {
        var lines = Files.readAllLines(Path.of("docs/protocols.md"));
        int head = lines.indexOf(HEAD);

        var rows = Arrays.stream(RefusalReason.values())
                .map(RefusalReasonTest::row)
                .distinct()
                .toList();
        assertThat(lines.subList(head + 2, head + 2 + rows.size())).containsExactlyElementsOf(rows);
        assertThat(lines.get(head + 2 + rows.size())).isBlank();
    }

    @Test
    void oneCodeHasOneStatusWhichSaysWhoseFaultItIs() {
        var statuses = new HashMap<String, Integer>();
        for (RefusalReason reason : RefusalReason.values()) {
            if (reason != RefusalReason.REPLACED_ANSWER_TOO_LONG) {
                assertThat(statuses.putIfAbsent(reason.errorCode(), reason.status()))
                        .as(reason.errorCode())
                        .isIn(null, reason.status());
            }
            assertThat(reason.type().equals("service_unavailable_error"))
                    .as(reason.code())
                    .isEqualTo(reason.status() == 503);
        }
    }

    @Test
    void codesAreUnique() {
        assertThat(Arrays.stream(RefusalReason.values()).map(RefusalReason::code))
                .doesNotHaveDuplicates();
    }

    @Test
    void whoMayTryAgainIsToldWhen() {
        assertThat(Refusals.memoryFull().retryAfter()).isEqualTo(1);
        assertThat(Refusals.poolEmpty().retryAfter()).isEqualTo(1);
        assertThat(Refusals.modelMissing().retryAfter()).isZero();
        assertThat(Refusals.internalError().retryAfter()).isZero();
    }
}
