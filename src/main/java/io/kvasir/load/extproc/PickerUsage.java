package io.kvasir.load.extproc;

import com.sun.management.ThreadMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;

/** What the picker's process has used so far: CPU time, and memory allocated where it is a JVM of this user. */
final class PickerUsage implements AutoCloseable {
    /** Set while a native image is built and while it runs (GraalVM SDK, {@code ImageInfo}). */
    private static final String NATIVE_IMAGE = "org.graalvm.nativeimage.imagecode";

    private final ProcessHandle process;
    private final @Nullable JMXConnector connector;
    private final @Nullable ThreadMXBean threads;

    private PickerUsage(ProcessHandle process, @Nullable JMXConnector connector, @Nullable ThreadMXBean threads) {
        this.process = process;
        this.connector = connector;
        this.threads = threads;
    }

    /**
     * Looks at a process.
     *
     * @throws IllegalArgumentException if there is none of that id
     */
    @SuppressWarnings("BanJNDI") // the address is that of a local process, told by the process itself
    static PickerUsage of(long pid) {
        var process = ProcessHandle.of(pid)
                .orElseThrow(() -> new IllegalArgumentException("pid: " + pid + "; allowed: a running process"));
        var id = String.valueOf(pid);
        if (!attaches()) {
            return new PickerUsage(process, null, null);
        }
        if (VirtualMachine.list().stream().noneMatch(machine -> machine.id().equals(id))) {
            // to attach is to send SIGQUIT, of which other runtimes die
            return new PickerUsage(process, null, null);
        }
        try {
            var machine = VirtualMachine.attach(id);
            var connector = JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()));
            machine.detach();
            return new PickerUsage(
                    process,
                    connector,
                    ManagementFactory.getPlatformMXBean(connector.getMBeanServerConnection(), ThreadMXBean.class));
        } catch (IOException | AttachNotSupportedException e) {
            // a JVM that lets nobody in, or that is ending
            return new PickerUsage(process, null, null);
        }
    }

    /** Whether this program can look into another at all: a native one has nothing to do it with. */
    static boolean attaches() {
        return System.getProperty(NATIVE_IMAGE) == null;
    }

    /** CPU time since its start. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Bytes allocated since its start; -1 where that cannot be told. */
    long allocated() {
        return threads == null ? -1 : threads.getTotalThreadAllocatedBytes();
    }

    @Override
    public void close() throws IOException {
        if (connector != null) {
            connector.close();
        }
    }
}
