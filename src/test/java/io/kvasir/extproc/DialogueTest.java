package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kvasir.pool.ServedModel;
import io.kvasir.route.Outcome;
import io.kvasir.traffic.ModelRewrite;
import io.kvasir.traffic.ModelRewrites;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every file of {@code dialogues/} is one stream between a proxy and the picker. */
class DialogueTest {
    @TestFactory
    Stream<DynamicTest> dialogues() throws IOException, URISyntaxException {
        return dialogueFiles(directory()).stream()
                .map(file -> DynamicTest.dynamicTest(
                        file.getFileName().toString().replace(".txt", ""), () -> play(Files.readAllLines(file))));
    }

    private static Path directory() throws URISyntaxException {
        return Path.of(Objects.requireNonNull(DialogueTest.class.getResource("/dialogues"))
                .toURI());
    }

    private static List<Path> dialogueFiles(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .toList();
        }
    }

    private static void play(List<String> lines) throws IOException {
        var settings = StreamSettings.DEFAULT;
        String authority = "picker.test";
        var rewrites = ModelRewrites.NONE;
        var endpoints = PickerFixture.specs(PickerFixture.ENDPOINTS);
        long budget = 256 << 20;
        for (String line : lines) {
            if (line.startsWith("set total-bytes ")) {
                budget = Long.parseLong(line.substring(16));
            } else if (line.startsWith("set ")) {
                settings = set(settings, line.substring(4));
            } else if (line.startsWith("authority ")) {
                authority = line.substring(10);
            } else if (line.startsWith("rewrite ")) {
                rewrites = rewrite(line.split(" ", -1));
            } else if (line.startsWith("pool")) {
                endpoints =
                        PickerFixture.specs(List.of(line.substring(4).strip().split(" ", -1)).stream()
                                .filter(word -> !word.isEmpty())
                                .toList());
            }
        }
        try (var picker = PickerFixture.start(
                PickerFixture.plaintext().toBuilder().streams(settings).build(), endpoints, budget)) {
            picker.authority(authority);
            picker.router.traffic().replace(rewrites);
            lines.stream().filter(line -> line.startsWith("models ")).forEach(line -> serve(picker, line));
            var dialogue = new Dialogue(picker);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                if (line.startsWith("> ") || line.startsWith("< ")) {
                    try {
                        dialogue.play(line);
                    } catch (AssertionError e) {
                        throw new AssertionError("line " + (i + 1) + ": " + line + "\n" + e.getMessage(), e);
                    }
                }
            }
            assertBalanced(picker, lines.contains("# books stay open") ? 1 : 0);
        }
    }

    /** {@code models PLACE name[<parent] ...}: what the endpoint of that place says that it serves. */
    private static void serve(PickerFixture picker, String line) {
        var words = List.of(line.split(" ", -1));
        picker.pool
                .snapshot()
                .at(Integer.parseInt(words.get(1)))
                .serves(words.subList(2, words.size()).stream()
                        .map(word -> word.split("<", 2))
                        .map(name -> new ServedModel(name[0], name.length > 1 ? name[1] : null, 0))
                        .toList());
    }

    /**
     * Nothing is left over, and nothing was counted twice.
     *
     * @param booked most requests that may still wait for their predicted end
     */
    private static void assertBalanced(PickerFixture picker, int booked) {
        // one look at all of it: a stream that was cancelled at once may open and end between two
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .untilAsserted(() -> balanced(picker, booked));
    }

    private static void balanced(PickerFixture picker, int booked) {
        var counts = picker.server.counts();
        assertThat(counts.open()).as("open streams").isZero();
        assertThat(picker.inFlight()).as("requests in the books").isLessThanOrEqualTo(booked);
        assertThat(picker.server.bodyBytes()).as("bytes of bodies").isZero();
        if (booked == 0) {
            for (var endpoint : picker.pool.snapshot().endpoints()) {
                assertThat(endpoint.load().promptTokens()).as("prompt tokens").isZero();
                assertThat(endpoint.load().outputTokens()).as("output tokens").isZero();
                assertThat(endpoint.load().prefills()).as("prefills").isZero();
            }
        }
        assertThat(everyPickIsBookedOnce(picker))
                .as("as many bookings as picks")
                .isTrue();
        assertThat(counts.of(StreamEvent.OPENED)).as("streams").isLessThanOrEqualTo(1);
        assertThat(counts.of(StreamEvent.PICKED)).as("picks").isLessThanOrEqualTo(1);
        assertThat(counts.of(StreamEvent.REFUSED)).as("refusals").isLessThanOrEqualTo(1);
        assertThat(counts.of(StreamEvent.FAILED)).as("faults of ours").isZero();
    }

    private static boolean everyPickIsBookedOnce(PickerFixture picker) {
        long bookings = picker.inFlight();
        for (var outcome : Outcome.values()) {
            bookings += picker.router.counts().ended(outcome);
        }
        return bookings == picker.server.counts().of(StreamEvent.PICKED);
    }

    /** The table of rules names every file once or more, and no file that is not there. */
    @Test
    void theTableOfRulesNamesEveryDialogue() throws IOException, URISyntaxException {
        var directory = directory();
        var table = Files.readString(directory.resolve("COVERAGE.md"));
        var named = new TreeSet<String>();
        var names = Pattern.compile("`([a-z0-9-]+)`").matcher(table);
        while (names.find()) {
            named.add(names.group(1));
        }
        var present = new TreeSet<String>();
        for (var file : dialogueFiles(directory)) {
            present.add(file.getFileName().toString().replace(".txt", ""));
        }
        assertThat(named).isEqualTo(present);
    }

    /** {@code rewrite MODEL TARGET}, or {@code rewrite * TARGET} for every request. */
    private static ModelRewrites rewrite(String... words) {
        return ModelRewrites.of(List.of(new ModelRewrite(
                "dialogue",
                Instant.EPOCH,
                List.of(new ModelRewrite.Rule(
                        words[1].equals("*") ? List.of() : List.of(words[1]),
                        List.of(new ModelRewrite.Target(words[2], 0)))))));
    }

    private static StreamSettings set(StreamSettings settings, String text) {
        var words = text.split(" ", -1);
        return switch (words[0]) {
            case "conformance" -> settings.toBuilder().conformance(true).build();
            case "fallback-list" -> settings.toBuilder().fallbackList(true).build();
            case "assumed-mode" ->
                settings.toBuilder().assumedMode(BodyMode.valueOf(words[1])).build();
            case "no-subset-filter" -> settings.toBuilder().subsetFilter(false).build();
            case "stream-bytes" ->
                settings.toBuilder().streamBytes(Long.parseLong(words[1])).build();
            default -> throw new AssertionError("no setting: " + text);
        };
    }
}
