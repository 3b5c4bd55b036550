package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import io.kvasir.cost.LearnedRates;
import io.kvasir.cost.TimeModel;
import io.kvasir.failure.FailureText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * The file in which learned rates outlast a restart. It is a convenience: what cannot be read is passed over, and where
 * nothing can be written the log says so once and rates are learned anew. Used by one thread at a time.
 */
final class RatesFile implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(RatesFile.class);
    private static final String HEAD = "# learned rates: class, observations, times as long as by the catalogues";

    /** Far more than is ever written. */
    private static final long MOST_BYTES = 4 << 20;

    private final Path file;
    private final TimeModel time;
    private List<String> written = List.of();
    private boolean told;

    /** Reads the file, if it is there. */
    RatesFile(Path file, TimeModel time) {
        this.file = file;
        this.time = time;
        read();
    }

    private void read() {
        if (!Files.exists(file)) {
            return;
        }
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new IOException("over " + MOST_BYTES + " bytes");
            }
            var learned = new ArrayList<LearnedRates>();
            int passedOver = 0;
            for (String line :
                    new String(Files.readAllBytes(file), UTF_8).lines().toList()) {
                var one = line.startsWith("#") ? null : LearnedRates.parse(line);
                if (one != null) {
                    learned.add(one);
                } else if (!line.startsWith("#") && !line.isBlank()) {
                    passedOver++;
                }
            }
            time.remember(learned);
            LOG.infof("%s: rates of %d classes, %d lines passed over", file, learned.size(), passedOver);
        } catch (IOException e) {
            LOG.warnf("%s: %s; rates are learned anew", file, FailureText.outermost(e));
        }
    }

    /** Writes what is known now, where that is news. */
    synchronized boolean write() {
        var lines = new ArrayList<String>();
        lines.add(HEAD);
        time.learned().forEach(one -> lines.add(one.line()));
        if (lines.size() == 1 || lines.equals(written)) {
            return false;
        }
        var beside = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.write(beside, lines, UTF_8);
            Files.move(beside, file, ATOMIC_MOVE, REPLACE_EXISTING);
            written = lines;
            return true;
        } catch (IOException e) {
            if (!told) {
                LOG.warnf("%s: %s; learned rates do not outlast this process", file, FailureText.outermost(e));
                told = true;
            }
            return false;
        }
    }

    @Override
    public void close() {
        var _ = write();
    }
}
