import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipFile;

/**
 * Makes one jar of the libraries of a packaged program ({@code java MergedLibraries.java FOLDER}): a start opens every jar of the class
 * path to look for services, and what it costs is the opening. What is meant for builders and for other releases of Java is
 * left out; licences and notices lie beside it as files.
 */
@SuppressWarnings("DefaultPackage")
final class MergedLibraries {
    private static final String LIBRARIES = "lib/main/";
    private static final String MERGED = LIBRARIES + "libraries.jar";
    private static final String SERVICES = "META-INF/services/";
    private static final Pattern TERMS =
            Pattern.compile("(META-INF/([a-z]+/)?)?[^/]*(LICEN[CS]E|NOTICE|COPYING|COPYRIGHT|AL2\\.0|LGPL2\\.1)[^/]*", Pattern.CASE_INSENSITIVE);
    private static final Pattern OF_BUILDERS = Pattern.compile("(META-INF/(maven|native-image|versions|proguard|com\\.android\\.tools|quarkus-config-doc)/"
            + "|META-INF/(quarkus-[^/]*|jandex\\.idx|INDEX\\.LIST|MANIFEST\\.MF|DEPENDENCIES|[^/]*\\.(SF|RSA|DSA|EC))$"
            + "|(.*/)?module-info\\.class$).*");

    /** What many libraries have and the running program does not read. */
    private static final Pattern UNREAD = Pattern.compile("META-INF/(beans\\.xml|io\\.netty\\.versions\\.properties)");

    /** The first to have a name keeps it, as on a class path; those that differ end the build, since somebody may read them all. */
    private final Map<String, byte[]> entries = new LinkedHashMap<>();

    private final Map<String, Set<String>> services = new LinkedHashMap<>();
    private final Path folder;

    private MergedLibraries(Path folder) {
        this.folder = folder;
    }

    static void main(String[] args) throws IOException {
        new MergedLibraries(Path.of(args[0])).merge();
    }

    private void merge() throws IOException {
        var program = folder.resolve("quarkus-run.jar");
        Manifest manifest;
        try (var jar = new JarFile(program.toFile())) {
            manifest = jar.getManifest();
        }
        var before = manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH).split(" ", -1);
        var classPath = new LinkedHashSet<String>();
        var merged = new ArrayList<Path>();
        for (String place : before) {
            if (place.startsWith(LIBRARIES)) {
                classPath.add(MERGED);
                merged.add(folder.resolve(place));
            } else {
                classPath.add(place);
            }
        }
        for (var library : merged) {
            read(library);
        }
        for (var library : merged) {
            Files.delete(library);
        }
        write();
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, String.join(" ", classPath));
        try (var out = new JarOutputStream(Files.newOutputStream(program), manifest)) {
            out.finish();
        }
    }

    private void read(Path library) throws IOException {
        try (var jar = new JarFile(library.toFile(), false, ZipFile.OPEN_READ, Runtime.version())) {
            // of each entry the one for this release of Java
            for (var entry : jar.versionedStream().filter(entry -> !entry.isDirectory()).toList()) {
                take(library.getFileName().toString(), entry.getName(), bytes(jar, entry));
            }
        }
    }

    private static byte[] bytes(JarFile jar, JarEntry entry) throws IOException {
        try (var in = jar.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }

    private void take(String library, String name, byte[] content) throws IOException {
        if (name.startsWith(SERVICES)) {
            var providers = services.computeIfAbsent(name, _ -> new LinkedHashSet<>());
            new String(content, StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.replaceFirst("#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .forEach(providers::add);
        } else if (TERMS.matcher(name).matches()) {
            var beside = folder.resolve("licenses").resolve(library.replaceFirst("\\.jar$", ""));
            Files.createDirectories(beside);
            Files.write(beside.resolve(name.replaceFirst("^META-INF/", "").replace('/', '-')), content);
        } else if (!OF_BUILDERS.matcher(name).matches()) {
            byte[] first = entries.putIfAbsent(name, content);
            if (first != null && !Arrays.equals(first, content) && !UNREAD.matcher(name).matches()) {
                throw new IOException("two libraries differ in " + name + ", of which one jar holds one; the later is " + library);
            }
        }
    }

    private void write() throws IOException {
        try (var out = new JarOutputStream(new BufferedOutputStream(Files.newOutputStream(folder.resolve(MERGED))))) {
            services.forEach((name, providers) -> put(out, name, (String.join("\n", providers) + "\n").getBytes(StandardCharsets.UTF_8)));
            entries.forEach((name, content) -> put(out, name, content));
        }
    }

    private static void put(JarOutputStream out, String name, byte[] content) {
        var entry = new JarEntry(name);
        // the same whenever it is made
        entry.setTime(0);
        try {
            out.putNextEntry(entry);
            out.write(content);
            out.closeEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
