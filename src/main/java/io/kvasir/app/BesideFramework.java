package io.kvasir.app;

import io.kvasir.extproc.tls.SelfSigned;
import io.kvasir.extproc.tls.TlsDefaults;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import io.quarkus.netty.runtime.MachineIdGenerator;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a start has to do and the framework's start does not need: beside it, on a thread of its own, since that start keeps one
 * core busy and leaves the others idle.
 */
final class BesideFramework {
    private static final String LOG_MANAGER = "java.util.logging.manager";

    private static volatile @Nullable CompletableFuture<Void> tls;

    private BesideFramework() {}

    /** Begins; before the framework starts. */
    static void begin(ServeSettings settings) {
        if (!settings.mode().picks()) {
            return;
        }
        nettysProperties();
        if (settings.picker().tls() != null) {
            SelfSigned.prepare();
            if (Kvasir.compiled() || settings.management().certDirectory() != null) {
                // the framework then has contexts of its own, which are to trust whom the JVM trusts
                TlsDefaults.withoutAuthorities();
            } else {
                tls = new CompletableFuture<>();
            }
        }
        if (!Kvasir.compiled()) {
            WarmUp.beginPicker(settings, Catalogues.load(), BesideFramework::findOut, WarmUp.MOST_EARLY);
        }
    }

    /** Waits until whoever makes TLS contexts gets those that it asks for. */
    static void await() {
        var found = tls;
        if (found != null) {
            found.join();
        }
    }

    private static void findOut() {
        var found = tls;
        if (found != null) {
            try {
                TlsDefaults.withoutAuthorities();
            } finally {
                found.complete(null);
            }
        }
    }

    /** As the framework sets them, which comes too late for what is read before it. */
    private static void nettysProperties() {
        set(LOG_MANAGER, "org.jboss.logmanager.LogManager");
        // where all that logs ends; Netty would look through the class path for another way there
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        set("io.netty.allocator.disableCacheFinalizersForFastThreadLocalThreads", "true");
        set("io.netty.allocator.maxOrder", "3");
        set("io.netty.machineId", new MachineIdGenerator().get());
    }

    private static void set(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
