package io.kvasir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FollowedFileTest {
    @TempDir
    Path folder;

    private Path path;
    private final List<String> taken = new ArrayList<>();

    @BeforeEach
    void first() throws IOException {
        path = Files.writeString(folder.resolve("part.yaml"), "1");
    }

    private String take(byte[] content) throws InvalidConfigException {
        String text = new String(content, StandardCharsets.UTF_8);
        if (text.startsWith("bad")) {
            throw InvalidConfigException.at("part.yaml", 1, "bad");
        }
        taken.add(text);
        return text;
    }

    private void replace(String text) throws IOException {
        Path next = Files.writeString(folder.resolve("next"), text);
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void whatIsRenamedOverItIsTakenOnceAtTheSecondLook() throws Exception {
        try (var file = FollowedFile.load(path, "part", this::take)) {
            replace("2");

            assertThat(List.of(file.look(), file.look(), file.look())).containsExactly(false, true, false);
            assertThat(taken).containsExactly("1", "2");
            assertThat(file.reloads()).isEqualTo(1);
        }
    }

    @Test
    void whatIsNotRightIsToldOnceAndWhatWasTakenStays() throws Exception {
        try (var file = FollowedFile.load(path, "part", this::take)) {
            replace("bad");
            for (int i = 0; i < 5; i++) {
                assertThat(file.look()).isFalse();
            }

            assertThat(taken).containsExactly("1");
            assertThat(file.failedReloads()).isEqualTo(1);
            assertThat(file.problem()).isEqualTo("part.yaml:1: bad");
        }
    }

    @Test
    void aFileIsReadUpToABound() throws Exception {
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(ConfigReader.MAX_BYTES + 1L);
        }

        assertThatThrownBy(() -> FollowedFile.load(path, "part", this::take))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessage(path + ":1: cannot be read: larger than 16 MiB");
        assertThat(taken).isEmpty();
    }

    @Test
    void whatATakerThrowsIsCountedAndToldUntilTheNextChange() throws Exception {
        try (var file = FollowedFile.load(path, "part", content -> {
            if (content[0] == '2') {
                throw new IllegalStateException("cannot take 2");
            }
            return take(content);
        })) {
            replace("2");
            assertThat(file.look()).isFalse();
            assertThatThrownBy(file::look).hasMessage("cannot take 2");
            assertThat(file.failedReloads()).isEqualTo(1);
            assertThat(file.problem()).contains("could not be taken").contains("cannot take 2");

            replace("3");
            assertThat(List.of(file.look(), file.look())).containsExactly(false, true);
            assertThat(file.problem()).isNull();
        }
    }

    @Test
    void aTakerThatThrowsIsAskedAgainForTheNextChange() throws Exception {
        var thrown = new CountDownLatch(1);
        var third = new CountDownLatch(1);
        try (var file = FollowedFile.load(path, "part", content -> {
            String text = new String(content, StandardCharsets.UTF_8);
            if (text.equals("2")) {
                thrown.countDown();
                throw new IllegalStateException("cannot take 2");
            }
            if (text.equals("3")) {
                third.countDown();
            }
            return text;
        })) {
            file.follow();
            replace("2");
            assertThat(thrown.await(30, TimeUnit.SECONDS)).isTrue();
            replace("3");

            assertThat(third.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
