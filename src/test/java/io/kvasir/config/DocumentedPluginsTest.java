package io.kvasir.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.schedule.PluginRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/drop-in.md tells of every type of plug-in, and of none that nobody has. */
class DocumentedPluginsTest {
    /** Of profiles of our own only. */
    private static final Set<String> INTERNAL = Set.of(
            "model-filter",
            "context-limit-filter",
            "health-filter",
            "context-fit-filter",
            "pairable-filter",
            "prefill-room-filter");

    private static final Pattern TYPE = Pattern.compile("`([a-z0-9]+(?:-[a-z0-9]+)*)`");

    @Test
    void everyTypeIsInTheTable() throws IOException {
        String page = Files.readString(Path.of("docs/drop-in.md"));
        String table = page.substring(page.indexOf("## Plug-ins"), page.indexOf("| field | here |"));
        var told = new TreeSet<String>();
        table.lines()
                .filter(line -> line.startsWith("| `"))
                .forEach(line ->
                        TYPE.matcher(line.split("\\|", -1)[1]).results().forEach(type -> told.add(type.group(1))));

        var types = PluginRegistry.shipped().with(PartTypes.all()).types().stream()
                .flatMap(type -> Stream.concat(Stream.of(type.name()), type.aliases().stream()))
                .filter(name -> !INTERNAL.contains(name));
        assertThat(told)
                .containsExactlyInAnyOrderElementsOf(Stream.concat(types, LackingTypes.all().keySet().stream())
                        .toList());
    }
}
