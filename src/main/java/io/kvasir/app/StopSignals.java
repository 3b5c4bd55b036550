package io.kvasir.app;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Has SIGTERM and SIGINT drain before the framework stops. Told by itself the framework closes its own port first, and the
 * last minutes of a drain could not be watched. The JDK's signals are in a module that compilers warn of, whatever for; by
 * name they are to be had without. Where they cannot be had (the option {@code -Xrs}) the framework stops as it likes.
 */
final class StopSignals {
    private static final Logger LOG = Logger.getLogger(StopSignals.class);
    /** Added to a signal's number for the status of a process that it ended. */
    private static final int ENDED_BY = 128;

    private StopSignals() {}

    /**
     * Handles them from now on.
     *
     * @param drain run once, on a thread of its own, before the process ends
     */
    static void drainFirst(Runnable drain) {
        var begun = new AtomicBoolean();
        for (String name : new String[] {"TERM", "INT"}) {
            try {
                Class<?> signal = Class.forName("sun.misc.Signal");
                Class<?> handler = Class.forName("sun.misc.SignalHandler");
                Method number = signal.getMethod("getNumber");
                Object handling = Proxy.newProxyInstance(
                        StopSignals.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                            if (!method.getName().equals("handle")) {
                                return ofObject(proxy, method.getName());
                            }
                            if (begun.compareAndSet(false, true)) {
                                int status = ENDED_BY + (int) number.invoke(arguments[0]);
                                Thread.ofPlatform().name("stop").start(() -> end(drain, status));
                            }
                            return null;
                        });
                signal.getMethod("handle", signal, handler)
                        .invoke(null, signal.getConstructor(String.class).newInstance(name), handling);
            } catch (ReflectiveOperationException | IllegalArgumentException | Error e) {
                // errors, too: by one a native image says that it has no such proxy
                LOG.debugf(e, "SIG%s stays the framework's", name);
            }
        }
    }

    /** What any object answers, asked for nowhere; two handlers are never equal. */
    private static Object ofObject(Object proxy, String method) {
        return switch (method) {
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> false;
            default -> "drain first";
        };
    }

    private static void end(Runnable drain, int status) {
        try {
            drain.run();
        } catch (RuntimeException e) {
            LOG.error("the drain failed", e);
        } finally {
            System.exit(status);
        }
    }
}
