package io.kvasir.kvevents.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.kvevents.wire.KvEventDecoder.Verdict;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KvEventDecoderTest {
    private static final HexFormat HEX = HexFormat.of();

    private static byte[] payload(String name) {
        for (var vector :
                RecordedEvents.json("/kv-events/kv_event_payload_vectors.json").get("payloads")) {
            if (vector.get("name").asText().equals(name)) {
                return HEX.parseHex(vector.get("payload_hex").asText());
            }
        }
        throw new AssertionError(name);
    }

    private static String shown(KvEvent event) {
        var hashes = Arrays.stream(event.hashes(), 0, event.count())
                .mapToObj(Long::toUnsignedString)
                .toList();
        return switch (event.kind()) {
            case CLEARED -> "cleared";
            case REMOVED -> "removed " + hashes + " " + event.medium() + " group " + event.group();
            case STORED ->
                "stored " + hashes
                        + " after " + (event.hasParent() ? Long.toUnsignedString(event.parent()) : "none")
                        + " " + Arrays.toString(Arrays.copyOf(event.tokens(), event.tokenCount()))
                        + " of " + event.blockSize() + " " + event.medium()
                        + (event.adapter() == null ? "" : " adapter " + event.adapter())
                        + (event.salt() == null ? "" : " salt " + event.salt())
                        + (event.layers() == KvEvent.Layers.WINDOW ? " window " + event.window() : "");
        };
    }

    private static List<String> events(KvEventDecoder decoder, byte[] payload) {
        var shown = new ArrayList<String>();
        assertThat(decoder.decode(payload, event -> shown.add(shown(event)))).isEqualTo(Verdict.READ);
        return shown;
    }

    private static List<String> events(EventDialect dialect, String name) {
        return events(new KvEventDecoder(dialect), payload(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"map_int_hashes", "legacy_array_12"})
    void bothGenerationsTellTheSame(String name) {
        assertThat(events(EventDialect.VLLM, name))
                .containsExactly(
                        "stored [2164874634404590027, 17270480062156288726] after none [1, 2, 3, 4, 5, 6, 7, 8] of 4 GPU",
                        "removed [15775340307203827378] GPU group 0",
                        "cleared");
    }

    @Test
    void theOldestLayoutHasNoMediumAndNoRank() {
        var decoder = new KvEventDecoder(EventDialect.VLLM);
        assertThat(events(decoder, payload("legacy_array_v09")))
                .hasSize(3)
                .last()
                .isEqualTo("cleared");
        assertThat(decoder.rank()).isEqualTo(-1);
        assertThat(decoder.timestamp()).isEqualTo(1789095808.25);
    }

    @Test
    void hashesOfBytesAreTheirLast64Bits() {
        var decoder = new KvEventDecoder(EventDialect.VLLM);
        assertThat(events(decoder, payload("map_bytes_hashes")))
                .containsExactly("stored [17270480062156288726, 15775340307203827378] after 2164874634404590027"
                        + " [5, 6, 7, 8, 9, 10, 11, 12] of 4 GPU");
        assertThat(decoder.rank()).isEqualTo(3);
    }

    @Test
    void adapterAndSaltAreToldApartInExtraKeysAndAWindowIsNoFullAttention() {
        assertThat(events(EventDialect.VLLM, "map_lora_salt_swa"))
                .containsExactly("stored [2164874634404590027] after none [1, 2, 3, 4] of 4 GPU"
                        + " adapter sql-lora salt tenant-a window 128");
    }

    @Test
    void aPictureIsADigestAndNoSalt() {
        new KvEventDecoder(EventDialect.VLLM).decode(payload("map_mm_extra"), event -> {
            assertThat(event.salt()).isNull();
            assertThat(event.hasExtras()).isTrue();
            assertThat(event.extras()[0]).isNotZero();
        });
    }

    @Test
    void aStoreNamesBlocksByTheirHashesOnly() {
        assertThat(events(EventDialect.VLLM, "map_storage_hash_only"))
                .containsExactly(
                        "stored [2164874634404590027, 17270480062156288726] after none [] of 0 STORAGE",
                        "removed [2164874634404590027] CPU group -1");
    }

    @Test
    void aBatchMayBeAMap() {
        var decoder = new KvEventDecoder(EventDialect.VLLM);
        assertThat(events(decoder, payload("batch_as_map"))).containsExactly("cleared");
        assertThat(decoder.timestamp()).isPositive();
        assertThat(KvEventDecoder.timestamp(payload("batch_as_map"))).isEqualTo(decoder.timestamp());
        assertThat(KvEventDecoder.timestamp(new byte[] {(byte) 0x92, 7, (byte) 0x90}))
                .isEqualTo(7);
        assertThat(KvEventDecoder.timestamp(new byte[] {(byte) 0x92})).isNaN();
        assertThat(KvEventDecoder.timestamp(new byte[0])).isNaN();
        assertThat(decoder.rank()).isZero();
    }

    @Test
    void sglangsHashesAreSignedAndItsSaltIsAField() {
        assertThat(events(EventDialect.SGLANG, "sglang_array"))
                .containsExactly(
                        "stored [12345678901234567, 18446744073709551574] after none [1, 2] of 1 GPU",
                        "removed [18446744073709551574] GPU group -1");
        assertThat(events(EventDialect.SGLANG, "sglang_map"))
                .first()
                .isEqualTo("stored [12345678901234567, 18446744073709551574] after none [1, 2] of 1 CPU salt tenant-a");
    }

    @Test
    void whatIsNotKnownIsGoneOverAndCounted() {
        // [1, [["Moved", {"x": [nil]}], {"type": "AllBlocksCleared", "why": 3, 7: true}, 5, ["AllBlocksCleared", 1]],
        // 0, "new"]
        byte[] payload = HEX.parseHex("9401" + "94" + "92a54d6f766564" + "81a17891c0" + "83a474797065b0"
                + "416c6c426c6f636b73436c6561726564" + "a377687903" + "07c3" + "05"
                + "92b0416c6c426c6f636b73436c656172656401"
                + "00a36e6577");
        var decoder = new KvEventDecoder(EventDialect.VLLM);
        assertThat(events(decoder, payload)).containsExactly("cleared", "cleared");
        assertThat(decoder.unknownEvents()).isEqualTo(2);
        assertThat(decoder.unknownFields()).isEqualTo(3);
        assertThat(decoder.rank()).isZero();
    }

    @Test
    void everyRecordedFrameSaysWhatTheRecordingSays() {
        RecordedEvents.files().forEach(file -> {
            var decoder = new KvEventDecoder(EventDialect.VLLM);
            for (var line : RecordedEvents.lines(file)) {
                if (line.has("_about")) {
                    continue;
                }
                var frames = line.get("frames_hex");
                var kinds = new ArrayList<String>();
                decoder.decode(
                        HEX.parseHex(frames.get(frames.size() - 1).asText()),
                        event -> kinds.add(
                                switch (event.kind()) {
                                    case STORED -> "BlockStored" + event.tokenCount();
                                    case REMOVED -> "BlockRemoved0";
                                    case CLEARED -> "AllBlocksCleared0";
                                }));
                assertThat(kinds)
                        .isEqualTo(RecordedEvents.elements(line.get("payload").get(1))
                                .map(KvEventDecoderTest::kind)
                                .toList());
                assertThat(decoder.rank()).isEqualTo(line.get("payload").get(2).asInt());
            }
        });
    }

    private static String kind(JsonNode event) {
        return event.get("type").asText() + event.path("token_ids").size();
    }

    @Test
    void aBatchThatBreaksOffIsMalformedWhereverItDoes() {
        byte[] whole = payload("map_int_hashes");
        var decoder = new KvEventDecoder(EventDialect.VLLM);
        for (int end = 0; end < whole.length; end++) {
            assertThat(decoder.decode(Arrays.copyOf(whole, end), event -> {})).isEqualTo(Verdict.MALFORMED);
        }
    }

    @Test
    void tenThousandHashesAreOneEvent() {
        var out = new ByteArrayOutputStream();
        out.writeBytes(HEX.parseHex("93019192ac426c6f636b52656d6f766564dc2710"));
        for (int i = 0; i < 10_000; i++) {
            out.write(0xCF);
            out.writeBytes(ByteBuffer.allocate(8).putLong(~i).array());
        }
        out.writeBytes(HEX.parseHex("a347505500"));
        var decoder = new KvEventDecoder(EventDialect.VLLM);
        int[] count = {0};
        assertThat(decoder.decode(out.toByteArray(), event -> {
                    count[0] = event.count();
                    assertThat(event.hashes()[9_999]).isEqualTo(~9_999L);
                }))
                .isEqualTo(Verdict.READ);
        assertThat(count[0]).isEqualTo(10_000);
    }

    @Test
    void tokenIdsAreReadInWhateverWidthsTheyCome() {
        var random = new SplittableRandom(11);
        var decoder = new KvEventDecoder(EventDialect.VLLM);
        for (int round = 0; round < 500; round++) {
            int[] ids = new int[random.nextInt(16)];
            var out = new ByteArrayOutputStream();
            out.writeBytes(HEX.parseHex("93019195ab426c6f636b53746f7265649107c0"));
            out.write(0x90 | ids.length);
            for (int i = 0; i < ids.length; i++) {
                ids[i] = random.nextInt() >>> random.nextInt(1, 32);
                integer(out, ids[i], random.nextInt(4));
            }
            // of the last id nothing may be read beyond the end
            out.write(round % 2 == 0 ? 0xC0 : 0x04);
            out.write(0);
            assertThat(decoder.decode(
                            out.toByteArray(),
                            event -> assertThat(Arrays.copyOf(event.tokens(), event.tokenCount()))
                                    .isEqualTo(ids)))
                    .isEqualTo(Verdict.READ);
        }
    }

    private static void integer(ByteArrayOutputStream out, int value, int wider) {
        int width = (value < 0x80 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : 3) + wider;
        var bytes = ByteBuffer.allocate(9);
        switch (width) {
            case 0 -> bytes.put((byte) value);
            case 1 -> bytes.put((byte) 0xCC).put((byte) value);
            case 2 -> bytes.put((byte) 0xCD).putShort((short) value);
            case 3 -> bytes.put((byte) 0xCE).putInt(value);
            case 4 -> bytes.put((byte) 0xD2).putInt(value);
            default -> bytes.put((byte) 0xCF).putLong(value);
        }
        out.write(bytes.array(), 0, bytes.position());
    }

    @Test
    void aLengthThatPromisesMoreThanThereIsCostsNoMemory() {
        var decoder = new KvEventDecoder(EventDialect.VLLM);
        byte[] bomb = HEX.parseHex("93019192ac426c6f636b52656d6f766564dd7fffffff00");
        assertThat(decoder.decode(bomb, event -> {})).isEqualTo(Verdict.MALFORMED);
    }
}
