package io.kvasir.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.config.InvalidConfigException;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointFileTest {
    private final Pool pool = new Pool(HardwareCatalogue.load());

    @TempDir
    Path folder;

    private static String listing(int... ports) {
        var text = new StringBuilder("endpoints:\n");
        for (int port : ports) {
            text.append("- {name: e")
                    .append(port)
                    .append(", address: h, port: ")
                    .append(port)
                    .append("}\n");
        }
        return text.append("# end\n").toString();
    }

    private List<Integer> ports() {
        return pool.snapshot().endpoints().stream().map(e -> e.spec().port()).toList();
    }

    private static boolean lookTwice(EndpointFile file) {
        boolean first = file.look();
        return file.look() || first;
    }

    @Test
    void theFileFillsThePoolAtStart() throws Exception {
        Path path = Files.writeString(folder.resolve("pool.yaml"), listing(1, 2));

        try (var file = EndpointFile.load(path, pool)) {
            assertThat(ports()).containsExactly(1, 2);
            assertThat(lookTwice(file)).isFalse();
            assertThat(file.reloads()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"endpoints: []\n", "endpoints:\n", "{\"endpoints\": []}"})
    void aFileThatNamesNoEndpointIsWarnedOf(String text) throws Exception {
        Path path = Files.writeString(folder.resolve("pool.yaml"), text);
        var lines = new ArrayList<String>();
        var handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getLevel() + " " + line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        var log = Logger.getLogger(EndpointFile.class.getName());
        log.addHandler(handler);
        try (var _ = EndpointFile.load(path, pool)) {
            assertThat(ports()).isEmpty();
            assertThat(lines).hasSize(1);
            assertThat(lines.getFirst()).startsWith("WARN").contains("endpoints: there are none");
        } finally {
            log.removeHandler(handler);
        }
    }

    @Test
    void anEditInPlaceIsTakenWhenItHasSettled() throws Exception {
        Path path = Files.writeString(folder.resolve("pool.yaml"), listing(1, 2));
        try (var file = EndpointFile.load(path, pool)) {
            var kept = pool.snapshot().byHostPort("h:2");
            Files.writeString(path, listing(2, 3));

            assertThat(file.look()).isFalse();
            assertThat(ports()).containsExactly(1, 2);
            assertThat(file.look()).isTrue();

            assertThat(ports()).containsExactlyInAnyOrder(2, 3);
            assertThat(pool.snapshot().byHostPort("h:2")).isSameAs(kept);
            assertThat(file.reloads()).isEqualTo(1);
        }
    }

    @Test
    void aFileSeenHalfWrittenTakesNobodyOut() throws Exception {
        Path path = Files.writeString(folder.resolve("pool.yaml"), listing(1, 2));
        try (var file = EndpointFile.load(path, pool)) {
            Files.writeString(path, "endpoints:\n");
            file.look();
            Files.writeString(path, listing(1, 2, 3));
            file.look();
            assertThat(ports()).containsExactly(1, 2);
            file.look();

            assertThat(ports()).containsExactly(1, 2, 3);
            assertThat(file.failedReloads()).isZero();
        }
    }

    @Test
    void aReplacedFileIsTakenEvenWithTheSameSizeAndTime() throws Exception {
        Path path = Files.writeString(folder.resolve("pool.yaml"), listing(1, 2));
        try (var file = EndpointFile.load(path, pool)) {
            lookTwice(file);
            Path next = Files.writeString(folder.resolve("next"), listing(1, 3));
            Files.setLastModifiedTime(next, Files.getLastModifiedTime(path));
            Files.move(next, path, StandardCopyOption.REPLACE_EXISTING);

            assertThat(lookTwice(file)).isTrue();
            assertThat(ports()).containsExactlyInAnyOrder(1, 3);
        }
    }

    @Test
    void aSwappedLinkIsFollowedAsInAMountedConfigMap() throws Exception {
        Files.createDirectory(folder.resolve("..1"));
        Files.createDirectory(folder.resolve("..2"));
        Files.writeString(folder.resolve("..1/pool.yaml"), listing(1));
        Files.writeString(folder.resolve("..2/pool.yaml"), listing(2));
        link("..data", "..1");
        Path path = Files.createSymbolicLink(folder.resolve("pool.yaml"), Path.of("..data/pool.yaml"));
        try (var file = EndpointFile.load(path, pool)) {
            lookTwice(file);
            link("..data", "..2");

            assertThat(lookTwice(file)).isTrue();
            assertThat(ports()).containsExactly(2);
        }
    }

    private void link(String name, String target) throws IOException {
        Path temporary = Files.createSymbolicLink(folder.resolve("..tmp"), Path.of(target));
        Files.move(temporary, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void aBadFileIsCountedOnceAndTheLastGoodOneStays() throws Exception {
        Path path = Files.writeString(folder.resolve("pool.yaml"), listing(1, 2));
        try (var file = EndpointFile.load(path, pool)) {
            Files.writeString(path, listing(1, 70000));
            for (int i = 0; i < 5; i++) {
                assertThat(file.look()).isFalse();
            }

            assertThat(ports()).containsExactly(1, 2);
            assertThat(file.failedReloads()).isEqualTo(1);
            assertThat(file.problem()).startsWith(path + ":3: endpoints[1].port: bad value \"70000\"; allowed: ");

            Files.writeString(path, listing(4));
            assertThat(lookTwice(file)).isTrue();
            assertThat(ports()).containsExactly(4);
            assertThat(file.problem()).isNull();
        }
    }

    @Test
    void aFileThatVanishesIsCountedOnceAndMayComeBack() throws Exception {
        Path path = Files.writeString(folder.resolve("pool.yaml"), listing(1, 2));
        try (var file = EndpointFile.load(path, pool)) {
            Files.delete(path);
            for (int i = 0; i < 5; i++) {
                file.look();
            }
            assertThat(file.failedReloads()).isEqualTo(1);
            assertThat(file.problem()).isEqualTo(path + ":1: cannot be read: no such file");
            assertThat(ports()).containsExactly(1, 2);

            Files.writeString(path, listing(1, 2));
            assertThat(lookTwice(file)).isTrue();
            assertThat(file.problem()).isNull();
        }
    }

    @Test
    void atStartABadOrMissingFileIsRefused() throws Exception {
        Path bad = Files.writeString(folder.resolve("bad.yaml"), "endpoints: 1");

        assertThatThrownBy(() -> EndpointFile.load(bad, pool))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessage(bad + ":1: endpoints: not a list; allowed: a list of endpoints");
        Path missing = folder.resolve("none.yaml");
        assertThatThrownBy(() -> EndpointFile.load(missing, pool))
                .hasMessage(missing + ":1: cannot be read: no such file");
        assertThat(pool.snapshot().size()).isZero();
    }

    @Test
    void unknownKeysAreCounted() throws Exception {
        Path path = Files.writeString(folder.resolve("pool.yaml"), "a: 1\n" + listing(1));
        try (var file = EndpointFile.load(path, pool)) {
            Files.writeString(path, "a: 1\nb: 2\n" + listing(1));
            lookTwice(file);

            assertThat(file.unknownKeys()).isEqualTo(3);
        }
    }

    @Test
    void itFollowsOnItsOwn() throws Exception {
        Path path = Files.writeString(folder.resolve("pool.yaml"), listing(1));
        var taken = new CountDownLatch(2);
        pool.listen(new PoolListener() {
            @Override
            public void added(Endpoint endpoint) {
                taken.countDown();
            }
        });
        try (var file = EndpointFile.load(path, pool).follow()) {
            Files.writeString(path, listing(2));

            assertThat(taken.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(file.failedReloads()).isZero();
        }
    }
}
