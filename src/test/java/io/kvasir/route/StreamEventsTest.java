package io.kvasir.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StreamEventsTest {
    @Test
    void linesEndAtTheirLineFeedWhateverTheirLengthAndWhateverLooksLikeOne() {
        for (String other : new String[] {"x", "\u000b", "\u0000", "\u008a", "\t"}) {
            for (int length = 0; length < 40; length++) {
                byte[] stream = ("data: a" + other.repeat(length) + "\n\ndata: b\n\n").getBytes(ISO_8859_1);
                for (int cut = 0; cut <= stream.length; cut++) {
                    var events = new StreamEvents();
                    int count = events.count(stream, 0, cut) + events.count(stream, cut, stream.length);
                    assertThat(count)
                            .as("%d of %x, cut at %d", length, (int) other.charAt(0), cut)
                            .isEqualTo(2);
                }
            }
        }
    }
}
