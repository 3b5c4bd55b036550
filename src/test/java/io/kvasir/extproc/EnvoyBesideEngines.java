package io.kvasir.extproc;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tests that start Envoys before the same three engines; skipped, with the reason, where there is no Envoy. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class EnvoyBesideEngines {
    final ThreeEngines engines;

    @TempDir
    Path directory;

    EnvoyBesideEngines() throws IOException {
        engines = new ThreeEngines();
    }

    @BeforeAll
    void needEnvoy() {
        EnvoyProcess.assumePresent();
    }

    @AfterAll
    void stopEngines() {
        engines.close();
    }
}
