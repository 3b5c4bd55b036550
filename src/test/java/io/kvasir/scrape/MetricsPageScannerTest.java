package io.kvasir.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MetricsPageScannerTest {
    private static final List<String> WANTED = List.of(
            "vllm:num_requests_running",
            "vllm:num_requests_waiting",
            "vllm:kv_cache_usage_perc",
            "vllm:cache_config_info",
            "vllm:engine_sleep_state",
            "vllm:prefix_cache_queries_total",
            "vllm:lora_requests_info",
            "vllm:e2e_request_latency_seconds_bucket");

    private final FamilySet families = new FamilySet(WANTED);

    /** What a scanner says of a page that arrives in these pieces. */
    private record Reading(List<NaivePage.Sample> samples, long malformed) {}

    private static Reading read(FamilySet families, byte[] page, int... cuts) {
        var samples = new ArrayList<NaivePage.Sample>();
        var scanner = new MetricsPageScanner(families, (family, labels, value) -> {
            var map = new LinkedHashMap<String, String>();
            for (int i = 0; i < labels.count(); i++) {
                byte[] raw = new byte[labels.length(i)];
                labels.copy(i, raw);
                byte[] name = labels.name(i).getBytes(StandardCharsets.UTF_8);
                map.putIfAbsent(latin(name), latin(raw));
            }
            samples.add(new NaivePage.Sample(families.name(family), map, value));
        });
        scanner.begin();
        int from = 0;
        for (int cut : cuts) {
            scanner.feed(page, from, cut - from);
            from = cut;
        }
        scanner.feed(page, from, page.length - from);
        scanner.end();
        return new Reading(samples, scanner.malformed());
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private Reading read(String page) {
        return read(families, page.getBytes(StandardCharsets.UTF_8));
    }

    static void assertAlike(FamilySet families, byte[] page, Set<String> wanted, int... cuts) {
        var naive = new NaivePage(page, wanted);
        var reading = read(families, page, cuts);
        assertThat(reading.samples()).as(() -> latin(page)).isEqualTo(naive.samples);
        assertThat(reading.malformed()).as(() -> latin(page)).isEqualTo(naive.malformed);
    }

    @Test
    void aRecordedPageReadsAsItDoesByRegularExpressions() {
        byte[] page = RecordedPages.vllm();

        assertAlike(families, page, Set.copyOf(WANTED));
        assertThat(read(families, page).samples()).hasSizeGreaterThan(20);
        var all = new NaivePage(page, allFamilies(page)).samples;
        assertAlike(new FamilySet(List.copyOf(allFamilies(page))), page, allFamilies(page));
        assertThat(all).hasSizeGreaterThan(500);
    }

    private static Set<String> allFamilies(byte[] page) {
        var names = new TreeSet<String>();
        latin(page).lines().filter(line -> !line.startsWith("#")).forEach(line -> names.add(line.split("[{ ]", 2)[0]));
        return names;
    }

    @Test
    void itReadsTheSameWhereverThePageIsCut() {
        byte[] page = RecordedPages.vllm();
        var whole = read(families, page);
        for (int cut = 0; cut < page.length; cut += cut < 9_000 ? 1 : 37) {
            assertThat(read(families, page, cut)).isEqualTo(whole);
        }
        var random = new SplittableRandom(1);
        for (int round = 0; round < 200; round++) {
            int[] cuts = random.ints(1 + random.nextInt(400), 0, page.length)
                    .sorted()
                    .toArray();
            assertThat(read(families, page, cuts)).isEqualTo(whole);
        }
        assertThat(read(families, page, IntStream.range(0, page.length).toArray()))
                .isEqualTo(whole);
    }

    @Test
    void aDamagedPageReadsAsItDoesByRegularExpressions() {
        var random = new SplittableRandom(2);
        byte[] few = few();
        byte[] alphabet = "{}\"\\,= \t#\r\n019.eE+-NaInfv:_\u00e9".getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 20_000; round++) {
            byte[] page = few.clone();
            for (int edit = 0; edit <= random.nextInt(6); edit++) {
                page[random.nextInt(page.length)] =
                        random.nextInt(4) == 0 ? (byte) random.nextInt(256) : alphabet[random.nextInt(alphabet.length)];
            }
            assertAlike(
                    families,
                    page,
                    Set.copyOf(WANTED),
                    random.ints(random.nextInt(9), 0, page.length).sorted().toArray());
        }
    }

    static byte[] few() {
        return """
                # HELP vllm:num_requests_running Number
                # TYPE vllm:num_requests_running gauge
                vllm:num_requests_running{engine="0",model_name="a\\\\b\\"c\\nd"} 12.0
                vllm:num_requests_running{engine="1",model_name="a"} 1.5e+01 1395066363000
                vllm:num_requests_waiting 3 # {trace="x"} 1 2
                \t vllm:num_requests_waiting { engine = "0" , } +Inf
                vllm:num_requests_waiting_by_reason{engine="0"} 1
                vllm:kv_cache_usage_perc{} NaN\r
                vllm:prefix_cache_queries_total{a="b"} 1.7954652557357282e+09
                # EOF
                """.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void formsThatTheFormatsAllowAreRead() {
        var samples = read(latin(few())).samples();

        assertThat(samples).hasSize(6);
        assertThat(samples.get(0).labels()).containsEntry("model_name", "a\\\\b\\\"c\\nd");
        assertThat(samples)
                .extracting(NaivePage.Sample::value)
                .containsExactly(12.0, 15.0, 3.0, Double.POSITIVE_INFINITY, Double.NaN, 1.7954652557357283E9);
        assertThat(samples.get(3).labels()).isEqualTo(Map.of("engine", "0"));
    }

    @Test
    void escapesAreUndoneWhenAValueIsAskedFor() {
        byte[] page = "vllm:num_requests_running{a=\"x\\\\y\\\"z\\n\\q\"} 1".getBytes(StandardCharsets.UTF_8);
        var values = new ArrayList<String>();
        var scanner = new MetricsPageScanner(families, (family, labels, value) -> values.add(labels.value(0)));

        scanner.feed(page, 0, page.length);
        scanner.end();

        assertThat(values).containsExactly("x\\y\"z\n\\q");
    }

    @Test
    void wantedLinesThatAreNotUnderstoodAreCountedAndSkipped() {
        var reading = read("""
                vllm:num_requests_running{engine="0" 1
                vllm:num_requests_running{engine=0} 1
                vllm:num_requests_running{="0"} 1
                vllm:num_requests_running
                vllm:num_requests_running one
                vllm:num_requests_running 0x10
                vllm:num_requests_running 1 2 3
                vllm:num_requests_running{} 1 now
                unwanted{ garbage
                vllm:num_requests_running 7
                """);

        assertThat(reading.malformed()).isEqualTo(8);
        assertThat(reading.samples()).extracting(NaivePage.Sample::value).containsExactly(7.0);
    }

    @Test
    void aLineLongerThanTheLimitIsCountedAndTheNextIsRead() {
        String longLine = "vllm:num_requests_running{a=\"" + "x".repeat(MetricsPageScanner.MAX_LINE) + "\"} 1\n";
        byte[] page = (longLine + "vllm:num_requests_running 7\n").getBytes(StandardCharsets.UTF_8);

        var reading = read(families, page, 100, 1000, 50_000);

        assertThat(reading.malformed()).isEqualTo(1);
        assertThat(reading.samples()).extracting(NaivePage.Sample::value).containsExactly(7.0);
    }

    @Test
    void aPageGivenUpHalfWayLeavesNothingForTheNext() {
        byte[] page = "vllm:num_requests_running 1".getBytes(StandardCharsets.UTF_8);
        var values = new ArrayList<Double>();
        var scanner = new MetricsPageScanner(families, (family, labels, value) -> values.add(value));
        scanner.begin();
        scanner.feed(page, 0, page.length);
        scanner.begin();
        scanner.feed(page, 0, page.length);
        scanner.end();

        assertThat(values).containsExactly(1.0);
    }

    @Test
    void numbersRoundAsTheJdkRoundsThem() {
        var random = new SplittableRandom(3);
        for (int round = 0; round < 200_000; round++) {
            String text = switch (random.nextInt(5)) {
                case 0 -> String.valueOf(random.nextDouble());
                case 1 -> String.valueOf(Double.longBitsToDouble(random.nextLong()));
                case 2 -> random.nextInt(1_000_000) + "." + random.nextInt(1_000);
                case 3 -> random.nextLong() + "e" + random.nextInt(-30, 30);
                default -> random.nextInt(1_000) + "E+0" + random.nextInt(30);
            };
            if (!text.contains("NaN")) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                assertThat(MetricNumber.valid(bytes, 0, bytes.length)).isTrue();
                assertThat(Double.doubleToRawLongBits(MetricNumber.parse(bytes, 0, bytes.length)))
                        .as(text)
                        .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(text)));
            }
        }
    }
}
