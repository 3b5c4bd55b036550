package io.kvasir;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * A native image runs the static initialisers of all classes when it is built: what they read of the machine, the moment
 * or chance is the builder's for ever.
 */
class StaticStateTest {
    /** Methods by their class; an empty list stands for all that are static, and the constructors. */
    private static final Map<String, List<String>> OF_THE_MACHINE = Map.ofEntries(
            Map.entry("java.lang.Runtime", List.of("availableProcessors", "maxMemory", "totalMemory", "freeMemory")),
            Map.entry("java.lang.ProcessHandle", List.of()),
            Map.entry(
                    "java.lang.System",
                    List.of("getenv", "getProperty", "getProperties", "nanoTime", "currentTimeMillis")),
            Map.entry("java.lang.Boolean", List.of("getBoolean")),
            Map.entry("java.lang.Integer", List.of("getInteger")),
            Map.entry("java.lang.Long", List.of("getLong")),
            Map.entry("java.lang.Math", List.of("random")),
            Map.entry("java.lang.Thread", List.of("<init>", "ofVirtual", "ofPlatform", "startVirtualThread")),
            Map.entry("java.lang.management.ManagementFactory", List.of()),
            Map.entry("java.time.Instant", List.of("now")),
            Map.entry("java.time.LocalDate", List.of("now")),
            Map.entry("java.time.LocalDateTime", List.of("now")),
            Map.entry("java.time.OffsetDateTime", List.of("now")),
            Map.entry("java.time.ZonedDateTime", List.of("now")),
            Map.entry("java.time.ZoneId", List.of("systemDefault")),
            Map.entry("java.util.Locale", List.of("getDefault")),
            Map.entry("java.util.Random", List.of()),
            Map.entry("java.util.SplittableRandom", List.of()),
            Map.entry("java.util.UUID", List.of("randomUUID")),
            Map.entry("java.util.concurrent.ThreadLocalRandom", List.of()),
            Map.entry("java.util.random.RandomGenerator", List.of()),
            Map.entry("java.security.SecureRandom", List.of()),
            Map.entry("java.net.InetAddress", List.of("getLocalHost", "getByName", "getAllByName")),
            Map.entry("java.net.NetworkInterface", List.of()),
            Map.entry("java.nio.file.Files", List.of()),
            Map.entry("java.io.File", List.of("<init>", "createTempFile")),
            Map.entry("java.io.FileInputStream", List.of()),
            Map.entry("java.io.FileReader", List.of()),
            Map.entry("java.nio.ByteBuffer", List.of("allocateDirect")));

    @Test
    void noStaticInitialiserReadsTheMachineTheMomentOrChance() {
        var found = new TreeSet<String>();
        for (JavaClass type : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.kvasir")) {
            type.getStaticInitializer().ifPresent(start -> found.addAll(readings(type, start)));
        }
        assertThat(found).isEmpty();
    }

    /** What the static initialiser reads, by itself or by what it calls of ours. */
    private static Set<String> readings(JavaClass type, JavaCodeUnit start) {
        var found = new TreeSet<String>();
        var seen = new HashSet<JavaCodeUnit>(Set.of(start));
        var open = new ArrayDeque<JavaCodeUnit>(seen);
        while (!open.isEmpty()) {
            for (JavaAccess<?> access : open.pop().getAccessesFromSelf()) {
                String owner = access.getTargetOwner().getName();
                var methods = OF_THE_MACHINE.get(owner);
                if (methods != null && (methods.isEmpty() || methods.contains(access.getName()))) {
                    found.add(type.getName() + ": " + access.getDescription());
                }
                if (access.getTarget().resolveMember().orElse(null) instanceof JavaCodeUnit called
                        && owner.startsWith("io.kvasir.")
                        && seen.add(called)) {
                    open.push(called);
                }
            }
        }
        return found;
    }
}
