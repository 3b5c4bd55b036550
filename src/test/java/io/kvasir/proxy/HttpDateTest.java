package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HttpDateTest {
    @Test
    void theTimeIsWrittenAsTheStandardsExampleHasItAndFollowsTheClock() {
        var millis = new AtomicLong(784_111_777_000L);
        var date = new HttpDate(millis::get);
        assertThat(date.now()).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        millis.addAndGet(999);
        assertThat(date.now()).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        millis.addAndGet(1);
        assertThat(date.now()).isEqualTo("Sun, 06 Nov 1994 08:49:38 GMT");
        millis.set(0);
        assertThat(date.now()).isEqualTo("Thu, 01 Jan 1970 00:00:00 GMT");
    }

    @Test
    void everyDayOfAYearIsNamedAsTheJdkNamesIt() {
        var millis = new AtomicLong(951_782_399_000L);
        var date = new HttpDate(millis::get);
        var format = DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
                .withZone(ZoneOffset.UTC);
        for (int day = 0; day < 366; day++) {
            assertThat(date.now()).isEqualTo(format.format(Instant.ofEpochMilli(millis.get())));
            millis.addAndGet(86_398_000 + day);
        }
    }
}
