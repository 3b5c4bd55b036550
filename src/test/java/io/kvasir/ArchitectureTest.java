package io.kvasir;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The package tables of docs/architecture.md: who may know whom. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.kvasir");

    private static final List<String> BRAIN =
            List.of("request", "pool", "prefix", "token", "cost", "traffic", "schedule", "admission", "route");

    /** Package to the packages of ours that it may use. */
    private static final Map<String, List<String>> MAY_USE = new LinkedHashMap<>();

    static {
        MAY_USE.put("request", List.of());
        MAY_USE.put("pool", List.of());
        MAY_USE.put("prefix", List.of("request", "pool"));
        MAY_USE.put("token", List.of("request", "pool"));
        MAY_USE.put("cost", List.of("request", "pool"));
        MAY_USE.put("traffic", List.of("request"));
        MAY_USE.put("schedule", List.of("request", "pool", "prefix", "cost"));
        MAY_USE.put("admission", List.of("request", "pool", "cost"));
        MAY_USE.put("route", List.of("request", "pool", "prefix", "token", "cost", "traffic", "schedule", "admission"));
        MAY_USE.put("failure", List.of());
        MAY_USE.put("clock", List.of());
        MAY_USE.put("metric", List.of());
        MAY_USE.put("transport", List.of());
        MAY_USE.put("cluster", List.of());
        MAY_USE.put("config", List.of("request", "schedule", "admission"));
        MAY_USE.put("discovery", List.of("pool", "traffic", "cluster", "config"));
        MAY_USE.put("scrape", List.of("pool"));
        MAY_USE.put("kvevents", List.of("pool", "prefix"));
        MAY_USE.put("disagg", List.of("request", "pool"));
        MAY_USE.put("observe", BRAIN);
        MAY_USE.put("access", List.of("request", "cluster"));
        MAY_USE.put("leader", List.of("cluster"));
        MAY_USE.put("extproc", with(BRAIN, "observe"));
        MAY_USE.put("proxy", with(BRAIN, "observe", "disagg"));
        MAY_USE.put("sim", List.of());
        MAY_USE.put("check", with(BRAIN, "cluster", "config", "discovery", "scrape", "kvevents"));
        MAY_USE.put("load", with(BRAIN, "sim", "config"));
    }

    /** Packages whose {@code .wire} part is open to the simulator and the load test. */
    private static final List<String> WIRE_USERS = List.of("sim", "load");

    private static List<String> with(List<String> some, String... more) {
        return Stream.concat(some.stream(), Arrays.stream(more)).toList();
    }

    @TestFactory
    Stream<DynamicTest> packagesUseOnlyWhatTheTableAllows() {
        return MAY_USE.entrySet().stream()
                .map(row -> DynamicTest.dynamicTest(row.getKey() + " uses only " + row.getValue(), () -> {
                    ArchRule rule = noClasses()
                            .that()
                            .resideInAPackage("io.kvasir." + row.getKey() + "..")
                            .should()
                            .dependOnClassesThat(new DescribedPredicate<JavaClass>("are ours and not in the table") {
                                @Override
                                public boolean test(JavaClass used) {
                                    return forbidden(row.getKey(), row.getValue(), used.getPackageName());
                                }
                            })
                            .allowEmptyShould(true);
                    rule.check(CLASSES);
                }));
    }

    private static boolean forbidden(String user, List<String> allowed, String used) {
        if (!used.startsWith("io.kvasir.")) {
            return false;
        }
        String name = used.substring("io.kvasir.".length());
        String top = name.split("\\.", -1)[0];
        if (top.equals(user) || allowed.contains(top)) {
            return false;
        }
        if (top.equals("failure") || top.equals("clock") || top.equals("metric") || top.equals("transport")) {
            return false;
        }
        return !(WIRE_USERS.contains(user) && (name + ".").contains(".wire."));
    }

    @TestFactory
    Stream<DynamicTest> theBrainImportsNoFramework() {
        return BRAIN.stream()
                .map(name -> DynamicTest.dynamicTest(
                        name + " is plain Java",
                        () -> noClasses()
                                .that()
                                .resideInAPackage("io.kvasir." + name + "..")
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(
                                        "io.quarkus..",
                                        "io.vertx..",
                                        "io.netty..",
                                        "io.grpc..",
                                        "io.micrometer..",
                                        "io.fabric8..",
                                        "io.smallrye..",
                                        "com.fasterxml..",
                                        "com.google.protobuf..",
                                        "jakarta..")
                                .allowEmptyShould(true)
                                .check(CLASSES)));
    }
}
