package io.kvasir.extproc;

import org.junit.jupiter.api.Nested;

/** The built program behind a real Envoy, with each of the published configurations. */
class EnvoyIT {
    @Nested
    class WithThePickInAHeaderAndNoTls extends MainPaths {
        WithThePickInAHeaderAndNoTls() {
            super("original-dst.yaml", false);
        }
    }

    @Nested
    class WithThePickInMetadataAndTls extends MainPaths {
        WithThePickInMetadataAndTls() {
            super("override-host.yaml", true);
        }
    }
}
