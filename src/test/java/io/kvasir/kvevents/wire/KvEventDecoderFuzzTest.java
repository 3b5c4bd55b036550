package io.kvasir.kvevents.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a batch of KV events. */
class KvEventDecoderFuzzTest {

    @MethodSource("batches")
    @FuzzTest
    void anyBytesAreToldTheSameTwiceAndWithinBounds(byte[] batch) {
        for (var dialect : EventDialect.values()) {
            var used = new KvEventDecoder(dialect);
            var first = told(used, batch);
            assertThat(told(used, batch)).isEqualTo(first);
            assertThat(told(new KvEventDecoder(dialect), batch)).isEqualTo(first);
        }
    }

    private static List<Object> told(KvEventDecoder decoder, byte[] batch) {
        var told = new ArrayList<Object>();
        var verdict = decoder.decode(batch, event -> {
            assertThat(event.count()).isBetween(0, Math.min(batch.length, event.hashes().length));
            assertThat(event.tokenCount()).isBetween(0, Math.min(batch.length, event.tokens().length));
            assertThat(event.blockSize()).isBetween(0, KvEventDecoder.MAX_BLOCK_SIZE);
            told.add(event.kind());
            for (int i = 0; i < event.count(); i++) {
                told.add(event.hashes()[i]);
            }
            told.add(event.medium());
            told.add(String.valueOf(event.salt()));
            told.add(String.valueOf(event.adapter()));
            told.add(event.group());
        });
        told.add(verdict);
        told.add(decoder.rank());
        told.add(decoder.unknownEvents());
        return told;
    }

    static Stream<byte[]> batches() {
        return RecordedEvents.elements(RecordedEvents.json("/kv-events/kv_event_payload_vectors.json")
                        .get("payloads"))
                .map(vector -> HexFormat.of().parseHex(vector.get("payload_hex").asText()));
    }
}
