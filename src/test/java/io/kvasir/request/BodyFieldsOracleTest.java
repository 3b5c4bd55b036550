package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The fields and ranges of seeded chat bodies, half of them with duplicate members, against Jackson's tree. */
class BodyFieldsOracleTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> PREAMBLE_NAMES = List.of("ools\"", "ocuments\"", "easoning_effort\"");

    @Test
    void fieldsAreWhatJacksonsTreeHolds() throws Exception {
        var bodies = new RandomBodies(new Random(8));
        for (int i = 0; i < 4000; i++) {
            byte[] body = body(bodies, i % 2 == 1);
            JsonNode root = MAPPER.readTree(body);
            Request request = Scans.scan(Dialect.CHAT_COMPLETIONS, body).request();
            assertThat(request.model()).isEqualTo(text(root, "model"));
            assertThat(request.user()).isEqualTo(text(root, "user"));
            assertThat(request.cacheSalt()).isEqualTo(text(root, "cache_salt"));
            assertThat(request.sessionId()).isEqualTo(text(root, "session_id"));
            assertThat(request.requestId()).isEqualTo(text(root, "request_id"));
            assertThat(request.stream())
                    .isEqualTo(root.path("stream").asBoolean(false)
                            && root.path("stream").isBoolean());
            assertThat(request.ignoreEos())
                    .isEqualTo(root.path("ignore_eos").isBoolean()
                            && root.path("ignore_eos").asBoolean());
            assertThat(request.includeUsage())
                    .isEqualTo(root.path("stream_options").path("include_usage").asBoolean());
            int bound = integer(root, "max_completion_tokens", integer(root, "max_tokens", -1));
            assertThat(request.maxOutputTokens()).isEqualTo(Math.clamp(bound, -1, Request.MOST_OUTPUT_TOKENS));
            assertThat(request.minOutputTokens())
                    .isEqualTo(Math.clamp(integer(root, "min_tokens", 0), 0, Request.MOST_OUTPUT_TOKENS));
            assertThat(request.priority()).isEqualTo(integer(root, "priority", 0));
            assertThat(request.samples())
                    .isEqualTo(Math.clamp(
                            Math.max(integer(root, "n", 1), integer(root, "best_of", 1)), 1, Request.MOST_SAMPLES));
        }
    }

    @Test
    void rangesHoldTheValuesThatJacksonReads() throws Exception {
        var bodies = new RandomBodies(new Random(9));
        for (int i = 0; i < 2000; i++) {
            byte[] body = body(bodies, i % 2 == 1);
            JsonNode root = MAPPER.readTree(body);
            FieldRanges ranges =
                    Scans.scan(Dialect.CHAT_COMPLETIONS, body).request().ranges();
            for (BodyField field : BodyField.values()) {
                ByteRange range = ranges.of(field);
                JsonNode value = field == BodyField.INCLUDE_USAGE
                        ? root.path("stream_options").get("include_usage")
                        : root.get(field.memberName());
                if (field == BodyField.MAX_OUTPUT_TOKENS || field == BodyField.PREVIOUS_RESPONSE_ID) {
                    assertThat(range).as("no field of this dialect").isNull();
                } else if (value == null) {
                    assertThat(range).isNull();
                } else {
                    requireNonNull(range, field::memberName);
                    byte[] cut = Arrays.copyOfRange(body, (int) range.start(), (int) range.end());
                    assertThat(MAPPER.readTree(cut)).isEqualTo(value);
                    assertThat(new String(cut, UTF_8)).isEqualTo(new String(cut, UTF_8).trim());
                }
            }
        }
    }

    @Test
    void ofDuplicateMembersTheSinkHasTheLastPrompt() throws Exception {
        var bodies = new RandomBodies(new Random(10));
        for (int i = 0; i < 2000; i++) {
            byte[] body = body(bodies, true);
            List<String> record = Scans.scan(Dialect.CHAT_COMPLETIONS, body).record();
            assertThat(JacksonOracle.normal(record)).isEqualTo(JacksonOracle.chat(body));
        }
    }

    /** With duplicates: a second set of members behind the first, except those whose duplicates all reach the sink. */
    private static byte[] body(RandomBodies bodies, boolean duplicates) {
        var members = new ArrayList<>(bodies.members(Dialect.CHAT_COMPLETIONS));
        if (duplicates) {
            for (String member : bodies.members(Dialect.CHAT_COMPLETIONS)) {
                if (PREAMBLE_NAMES.stream().noneMatch(member::contains)) {
                    members.add(member);
                }
            }
        }
        return RandomBodies.object(members);
    }

    private static @Nullable String text(JsonNode root, String name) {
        JsonNode value = root.path(name);
        return value.isTextual() && !value.asText().isEmpty() ? JacksonOracle.repaired(value.asText()) : null;
    }

    private static int integer(JsonNode root, String name, int otherwise) {
        JsonNode value = root.path(name);
        if (!value.isIntegralNumber()) {
            return otherwise;
        }
        BigInteger least = BigInteger.valueOf(Integer.MIN_VALUE);
        BigInteger most = BigInteger.valueOf(Integer.MAX_VALUE);
        return value.bigIntegerValue().max(least).min(most).intValue();
    }
}
