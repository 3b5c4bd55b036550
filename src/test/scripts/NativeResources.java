import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

/**
 * Fails unless a native image would hold every data file of ours, and reach by reflection what the client of the Kubernetes API
 * does: {@code java NativeResources.java NATIVE_SOURCES RESOURCES}, the folder that a sources-only build made and the one of the
 * files.
 */
@SuppressWarnings("DefaultPackage")
final class NativeResources {
    private static final String CONFIG = "META-INF/native-image/resource-config.json";
    private static final String REFLECTION = "META-INF/native-image/reflect-config.json";
    private static final List<String> REFLECTED = List.of(
            "io.fabric8.kubernetes.client.impl.KubernetesClientImpl",
            "io.fabric8.kubernetes.api.model.Pod",
            "io.fabric8.kubernetes.api.model.coordination.v1.Lease");

    /** Read when the image is built. */
    private static final Set<String> NOT_NEEDED = Set.of("application.properties");

    private static final Pattern INCLUDE = Pattern.compile("\\{\"pattern\":\"((?:[^\"\\\\]|\\\\.)*)\"\\}");

    public static void main(String[] args) throws IOException {
        var included = included(Path.of(args[0]));
        var missing = new ArrayList<String>();
        var resources = Path.of(args[1]);
        try (var files = Files.walk(resources)) {
            files.filter(Files::isRegularFile)
                    .map(file -> resources.relativize(file).toString().replace('\\', '/'))
                    .filter(name -> !NOT_NEEDED.contains(name))
                    .filter(name -> included.stream()
                            .noneMatch(pattern -> pattern.matcher(name).matches()))
                    .forEach(missing::add);
        }
        if (included.isEmpty() || !missing.isEmpty()) {
            System.err.println("not in the native image: " + missing
                    + "; see quarkus.native.resources.includes in application.properties");
            System.exit(1);
        }
        String reflection = entry(Path.of(args[0]), REFLECTION);
        for (String name : REFLECTED) {
            if (!reflection.contains("\"" + name + "\"")) {
                System.err.println("not reached by reflection in the native image: " + name + "; see the profile native in pom.xml");
                System.exit(1);
            }
        }
        System.out.println("native resources: all there");
    }

    private static List<Pattern> included(Path sources) throws IOException {
        var patterns = new ArrayList<Pattern>();
        String config = entry(sources, CONFIG);
        var found = INCLUDE.matcher(config.substring(config.indexOf("\"includes\"")));
        while (found.find()) {
            patterns.add(Pattern.compile(found.group(1).replace("\\\\", "\\")));
        }
        return patterns;
    }

    private static String entry(Path sources, String name) throws IOException {
        Path jar;
        try (var files = Files.list(sources)) {
            jar = files.filter(file -> file.getFileName().toString().endsWith("-runner.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no runner jar in " + sources));
        }
        try (var runner = new JarFile(jar.toFile())) {
            return new String(runner.getInputStream(runner.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
