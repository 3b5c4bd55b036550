package io.kvasir.kvevents.wire;

import static io.kvasir.kvevents.wire.RecordedEvents.elements;
import static io.kvasir.kvevents.wire.RecordedEvents.ints;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BlockHasherTest {
    private static final HexFormat HEX = HexFormat.of();

    private static List<Object> extras(JsonNode keys) {
        return keys.isNull()
                ? List.of()
                : elements(keys).map(BlockHasherTest::extra).toList();
    }

    private static Object extra(JsonNode key) {
        if (key.isArray()) {
            return extras(key);
        }
        if (key.isObject()) {
            return HEX.parseHex(key.get("bytes_hex").asText());
        }
        return key.isTextual() ? key.asText() : (Object) key.longValue();
    }

    @Test
    void plainAndUntaggedBlocksHashAsVllmHashedThemBeforeItTaggedExtraKeys() {
        int blocks = 0;
        for (var vector :
                RecordedEvents.json("/kv-events/vllm_block_hash_vectors.json").get("cases")) {
            for (var algorithm : vector.get("algorithms").properties()) {
                var hasher =
                        new BlockHasher(HashScheme.parse(algorithm.getKey()).orElseThrow());
                byte[] before = hasher.root(vector.get("seed").textValue());
                assertThat(before)
                        .asHexString()
                        .isEqualToIgnoringCase(
                                algorithm.getValue().get("none_hash_hex").asText());
                for (var block : algorithm.getValue().get("blocks")) {
                    int[] tokens = ints(block.get("token_ids"));
                    var extras = extras(block.get("extra_keys"));
                    assertThat(hasher.serialised(before, tokens, 0, tokens.length, extras))
                            .as("%s %s", vector.get("name"), algorithm.getKey())
                            .asHexString()
                            .isEqualToIgnoringCase(block.get("serialized_hex").asText());
                    before = hasher.block(before, tokens, 0, tokens.length, extras);
                    assertThat(before)
                            .asHexString()
                            .isEqualToIgnoringCase(block.get("hash_hex").asText());
                    assertThat(Long.toUnsignedString(hasher.eventHash(before)))
                            .isEqualTo(block.get("int64_event_hash").asText());
                    blocks++;
                }
            }
        }
        assertThat(blocks).isEqualTo(60);
    }

    @Test
    void taggedExtraKeysHashAsVllm032HashesThem() {
        var cases = RecordedEvents.json("/vllm-0.32/block_hash_tagged_extras.json");
        assertThat(cases).hasSize(34);
        for (var vector : cases) {
            var hasher = new BlockHasher(
                    HashScheme.parse(vector.get("algo").asText()).orElseThrow());
            byte[] before = hasher.root(vector.get("PYTHONHASHSEED").textValue());
            assertThat(before)
                    .asHexString()
                    .isEqualToIgnoringCase(vector.get("none_hash").asText());
            int[] tokens = ints(vector.get("tokens"));
            int size = vector.get("block_size").intValue();
            for (int i = 0; i < vector.get("hashes").size(); i++) {
                var extras = extras(vector.get("extra_keys_hashed").get(i));
                before = hasher.block(before, tokens, i * size, (i + 1) * size, extras);
                assertThat(before)
                        .as("%s %s %d", vector.get("case"), vector.get("algo"), i)
                        .asHexString()
                        .isEqualToIgnoringCase(vector.get("hashes").get(i).asText());
                assertThat(Long.toUnsignedString(hasher.eventHash(before)))
                        .isEqualTo(vector.get("event_ints").get(i).asText());
            }
        }
    }

    @Test
    void aGroupOfLargerBlocksIsKnownByEverySoManyFineHash() {
        var vector = RecordedEvents.json("/kv-events/vllm_hybrid_block_hash_vectors.json");
        var hasher = new BlockHasher(HashScheme.SHA256_CBOR);
        int[] tokens = ints(vector.get("token_ids"));
        byte[] before = hasher.root(vector.get("seed").asText());
        var groups = new ArrayList<String>();
        int fine = vector.get("hash_block_size").intValue();
        int stride = vector.get("block_size").intValue() / fine;
        for (int i = 0; i < tokens.length / fine; i++) {
            before = hasher.block(before, tokens, i * fine, (i + 1) * fine, List.of());
            if ((i + 1) % stride == 0) {
                groups.add(Long.toUnsignedString(hasher.eventHash(before)));
            }
        }
        assertThat(groups)
                .isEqualTo(elements(vector.get("group_hashes_int64"))
                        .map(JsonNode::asText)
                        .toList());
    }

    @Test
    void pagesHashAsSglangHashesThem() {
        var hasher = new BlockHasher(HashScheme.SGLANG);
        for (var vector :
                RecordedEvents.json("/kv-events/sglang_page_hash_vectors.json").get("cases")) {
            String name = vector.get("name").asText();
            boolean namespaced = vector.has("extra_key");
            byte[] before = hasher.root(
                    vector.path("cache_salt").textValue(),
                    namespaced,
                    vector.path("extra_key").textValue());
            assertThat(before).as(name).isEqualTo(seed(vector));
            for (var page : vector.get("pages")) {
                int[] tokens = ints(page.get("token_ids"));
                before = hasher.block(before, tokens, 0, tokens.length, List.of());
                assertThat(before)
                        .as(name)
                        .asHexString()
                        .isEqualToIgnoringCase(page.get("hash_hex").asText());
                assertThat(hasher.eventHash(before))
                        .isEqualTo(Long.parseLong(page.get("event_int64_signed").asText()));
            }
        }
    }

    private static byte[] seed(JsonNode vector) {
        return HEX.parseHex(
                vector.get("seed_hex").isNull() ? "" : vector.get("seed_hex").asText());
    }

    @ParameterizedTest
    @MethodSource("io.kvasir.kvevents.wire.RecordedEvents#files")
    void everyBlockThatVllmAnnouncedLiveHasTheHashThatIsComputed(String file) {
        var lines = RecordedEvents.lines(file);
        var about = lines.getFirst().get("_about");
        var hasher =
                new BlockHasher(HashScheme.parse(about.get("algo").asText()).orElseThrow());
        byte[] root = hasher.root(about.get("PYTHONHASHSEED").textValue());
        var digests = new HashMap<Long, byte[]>();
        var decoder = new KvEventDecoder(EventDialect.VLLM);
        int[] blocks = {0};
        for (var line : lines.subList(1, lines.size())) {
            var frames = line.get("frames_hex");
            var verdict =
                    decoder.decode(HEX.parseHex(frames.get(frames.size() - 1).asText()), event -> {
                        if (event.kind() != KvEvent.Kind.STORED) {
                            return;
                        }
                        byte[] before = event.hasParent() ? digests.get(event.parent()) : root;
                        for (int i = 0; i < event.count(); i++) {
                            int size = event.blockSize();
                            var extras = i == 0 && event.salt() != null
                                    ? List.of(List.of("cache_salt", event.salt()))
                                    : List.of();
                            before = hasher.block(
                                    Objects.requireNonNull(before), event.tokens(), i * size, (i + 1) * size, extras);
                            assertThat(event.hashes()[i]).isEqualTo(hasher.eventHash(before));
                            digests.put(event.hashes()[i], before);
                            blocks[0]++;
                        }
                    });
            assertThat(verdict).isEqualTo(KvEventDecoder.Verdict.READ);
            assertThat(decoder.unknownEvents()).isZero();
            assertThat(decoder.unknownFields()).isZero();
        }
        assertThat(blocks[0]).isPositive();
    }
}
