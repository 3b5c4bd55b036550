package io.kvasir.load.workload;

import io.kvasir.load.AzureReader;
import io.kvasir.load.MooncakeReader;
import io.kvasir.load.replay.ReplayWorkload;
import io.kvasir.load.replay.Slo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All workloads, by name. */
public final class Workloads {
    /** Their names, in the order in which reports have them. */
    public static final List<String> NAMES = List.of("mooncake", "agentic", "rag", "unique", "day", "mixed-lengths");

    private Workloads() {}

    /**
     * A workload.
     *
     * @param name one of {@link #NAMES}
     * @param traces folder of the recorded ones
     * @param seconds of arrivals
     * @param slo what requests are to meet; null for {@link #slo} of the name
     * @throws IOException if a trace cannot be read
     * @throws IllegalArgumentException if there is none of that name
     */
    public static ReplayWorkload named(String name, Path traces, double seconds, @Nullable Slo slo) throws IOException {
        var meet = slo == null ? slo(name) : slo;
        return switch (name) {
            case "mooncake" ->
                new TraceWorkload(
                        name, MooncakeReader.read(traces.resolve("mooncake/conversation.jsonl.gz")), seconds, meet);
            case "agentic" -> new AgenticWorkload(seconds, meet);
            case "rag" -> new RagWorkload(seconds, meet);
            case "unique" ->
                new TraceWorkload(
                        name, AzureReader.read(traces.resolve("azure-2023/conversation.csv.gz")), seconds, meet);
            case "day" -> new DayWorkload(seconds, meet);
            case "mixed-lengths" -> new MixedWorkload(seconds, meet);
            default -> throw unknown(name);
        };
    }

    /** Whether the workload of that name is one of those that come from the folder of traces. */
    public static boolean recorded(String name) {
        return name.equals("mooncake") || name.equals("unique");
    }

    /**
     * What a user of such requests asks for, where a scenario says nothing: the time per token of inference-perf's catalogue
     * (50 ms) and, for the first token, its second of chat, or two where prompts are long.
     *
     * @throws IllegalArgumentException if there is no workload of that name
     */
    public static Slo slo(String name) {
        return switch (name) {
            case "mooncake", "agentic", "rag" -> new Slo(2, 0.05);
            case "unique", "day", "mixed-lengths" -> new Slo(1, 0.05);
            default -> throw unknown(name);
        };
    }

    private static IllegalArgumentException unknown(String name) {
        return new IllegalArgumentException(
                "workload: bad value \"" + name + "\"; allowed: " + String.join(", ", NAMES));
    }
}
