package io.kvasir.app;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** The program's entry. */
@QuarkusMain
public final class Kvasir {
    private Kvasir() {}

    /** Starts the program. */
    public static void main(String... args) {
        Quarkus.run(args);
    }
}
