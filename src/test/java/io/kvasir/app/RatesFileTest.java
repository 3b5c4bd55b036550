package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.cost.Decoding;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RatesFileTest {
    private static final String MODEL = "llama-3.1-8b";

    @TempDir
    Path folder;

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final Endpoint endpoint;

    RatesFileTest() {
        pool.apply(List.of(EndpointSpec.builder("e", "10.0.0.1", 80)
                .product("NVIDIA-H200")
                .model(MODEL)
                .build()));
        endpoint = pool.snapshot().at(0);
    }

    private static TimeModel model() {
        return new TimeModel(ModelCatalogue.load());
    }

    /** One that has seen decoding take twice as long as believed. */
    private TimeModel learned() {
        var time = model();
        learn(time);
        return time;
    }

    private void learn(TimeModel time) {
        var rates = time.rates(endpoint, MODEL);
        double believed = rates.believed().interTokenSeconds(10, 20_000);
        for (int i = 0; i < 50; i++) {
            rates.decoded(2 * believed, new Decoding(1, 10, 20_000, 0, 0, 0), 1);
        }
    }

    private double decode(TimeModel time) {
        return time.rates(endpoint, MODEL).rates().interTokenSeconds(10, 20_000);
    }

    @Test
    void whatWasLearnedOutlastsARestart() throws IOException {
        var file = folder.resolve("rates");
        var before = learned();
        new RatesFile(file, before).close();

        var after = model();
        try (var again = new RatesFile(file, after)) {
            assertThat(decode(after)).isCloseTo(decode(before), within(1e-6));
            assertThat(after.rates(endpoint, MODEL).samples()).isEqualTo(50);
            // what is remembered and was not met is kept
            assertThat(again.write()).isTrue();
        }
        assertThat(Files.readAllLines(file)).hasSize(2);
    }

    @Test
    void whatIsNotNewsIsNotWritten() throws IOException {
        var time = learned();
        try (var file = new RatesFile(folder.resolve("rates"), time)) {
            assertThat(file.write()).isTrue();
            assertThat(file.write()).isFalse();
            time.rates(endpoint, MODEL).decoded(1, new Decoding(1, 10, 20_000, 0, 0, 0), 1);
            assertThat(file.write()).isTrue();
        }
        try (var nothing = new RatesFile(folder.resolve("none"), model())) {
            assertThat(nothing.write()).isFalse();
        }
        assertThat(folder.resolve("none")).doesNotExist();
    }

    @Test
    void linesThatSayNothingArePassedOver() throws IOException {
        var file = folder.resolve("rates");
        new RatesFile(file, learned()).close();
        String good = Files.readAllLines(file).get(1);
        Files.write(
                file,
                List.of("", "x", "a 1 2 3", good.replaceFirst(" 50 ", " -1 "), good + " 1", "a 5 NaN 1 1 1 1 1", good));

        var after = model();
        new RatesFile(file, after).close();

        assertThat(after.learned()).hasSize(1);
        assertThat(decode(after)).isCloseTo(decode(learned()), within(1e-6));
    }

    @Test
    void moreObservationsThanAnybodyMakesAreCountedOnFromTheMost() throws IOException {
        var file = folder.resolve("rates");
        new RatesFile(file, learned()).close();
        String good = Files.readAllLines(file).get(1);
        Files.write(file, List.of(good.replaceFirst(" 50 ", " " + Long.MAX_VALUE + " ")));

        var after = model();
        try (var _ = new RatesFile(file, after)) {
            after.rates(endpoint, MODEL).decoded(1, new Decoding(1, 10, 20_000, 0, 0, 0), 1);
            assertThat(after.rates(endpoint, MODEL).samples()).isPositive();
        }
        assertThat(Files.readAllLines(file)).hasSize(2);
    }

    @Test
    void aFileFullOfClassesThatAreNoMoreHasRoomForThoseThatAre() throws IOException {
        var file = folder.resolve("rates");
        var lines = new ArrayList<String>();
        for (int i = 0; i < 10_000; i++) {
            lines.add("a" + i + " 5 1 1 1 1 1 1");
        }
        Files.write(file, lines);
        var time = model();
        try (var _ = new RatesFile(file, time)) {
            learn(time);
        }

        var after = model();
        try (var _ = new RatesFile(file, after)) {
            assertThat(decode(after)).isCloseTo(decode(time), within(1e-6));
        }
        assertThat(Files.readAllLines(file)).hasSizeLessThan(5_000);
    }

    @Test
    void whereNothingCanBeWrittenRoutingGoesOn() throws IOException {
        var file = folder.resolve("file");
        Files.writeString(file, "");
        var time = learned();

        try (var beneath = new RatesFile(file.resolve("rates"), time)) {
            assertThat(beneath.write()).isFalse();
            assertThat(beneath.write()).isFalse();
        }
        assertThat(decode(time)).isPositive();
    }
}
