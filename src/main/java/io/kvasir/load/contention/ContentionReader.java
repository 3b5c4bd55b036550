package io.kvasir.load.contention;

import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.config.ConfigNode;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigReader;
import io.kvasir.config.Fields;
import io.kvasir.config.FlowControlReader;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.UnknownKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads scenarios, strictly. */
final class ContentionReader {
    private static final List<String> KEYS =
            List.of("question", "pool", "seconds", "drain-seconds", "seeds", "flow", "streams");
    private static final List<String> STREAM_KEYS = List.of(
            "name",
            "tenant",
            "tenants",
            "priority",
            "rate",
            "from",
            "until",
            "bursts",
            "burst",
            "input",
            "output",
            "retries",
            "measured");
    private static final double MOST_SECONDS = 86_400;

    private ContentionReader() {}

    /**
     * Reads one.
     *
     * @throws IOException if the file cannot be read
     * @throws InvalidConfigException if it is not right
     */
    static Contention read(Path file) throws IOException, InvalidConfigException {
        String source = file.toString();
        if (!(ConfigReader.parse(source, ConfigReader.bytes(file)) instanceof Mapping root)) {
            throw InvalidConfigException.at(source, 1, "must be a mapping with keys " + String.join(", ", KEYS));
        }
        var fields = Fields.of(source, "", root);
        fields.known(KEYS, UnknownKeys.REFUSED);
        double seconds = fields.number("seconds", 300, 1, MOST_SECONDS, null);
        var streams = new ArrayList<Stream>();
        for (ConfigNode node : fields.list("streams", "a list of mappings")) {
            if (!(node instanceof Mapping mapping)) {
                throw InvalidConfigException.at(source, node.line(), "streams: not a list of mappings");
            }
            streams(Fields.of(source, "streams[" + streams.size() + "]", mapping), seconds, streams);
        }
        var seeds = new ArrayList<Long>();
        for (String seed : fields.texts("seeds", "a list of whole numbers")) {
            seeds.add(fields.whole("seeds", seed, 0, Long.MAX_VALUE));
        }
        String question = fields.text("question");
        return new Contention(
                String.valueOf(file.getFileName()).replaceFirst("\\.ya?ml$", ""),
                question == null ? "" : question,
                fields.required("pool", "required: pool", KEYS),
                seconds,
                fields.number("drain-seconds", 600, 1, MOST_SECONDS, null),
                seeds.isEmpty() ? List.of(1L) : List.copyOf(seeds),
                flow(fields, source),
                List.copyOf(streams));
    }

    private static FlowSettings flow(Fields fields, String source) throws InvalidConfigException {
        var flow = fields.fields("flow", "a mapping, as the file of flow control");
        return flow == null ? FlowSettings.DEFAULT : FlowControlReader.read(flow, source);
    }

    /** One stream, or as many alike as {@code tenants} says. */
    private static void streams(Fields in, double seconds, List<Stream> into) throws InvalidConfigException {
        in.known(STREAM_KEYS, UnknownKeys.REFUSED);
        String name = in.required("name", "required: name", STREAM_KEYS);
        String tenant = in.text("tenant");
        int tenants = (int) in.whole("tenants", 1, 1, 1_000);
        var bursts = new ArrayList<Double>();
        for (String at : in.texts("bursts", "a list of seconds")) {
            bursts.add((double) in.whole("bursts", at, 0, (long) MOST_SECONDS));
        }
        for (int i = 0; i < tenants; i++) {
            String number = tenants == 1 ? "" : "-" + i;
            into.add(new Stream(
                    name + number,
                    (tenant == null ? name : tenant) + number,
                    (int) in.whole("priority", 0, Integer.MIN_VALUE, Integer.MAX_VALUE),
                    in.number("rate", 0, 0, 10_000, null),
                    in.number("from", 0, 0, MOST_SECONDS, null),
                    in.number("until", seconds, 0, MOST_SECONDS, null),
                    bursts,
                    (int) in.whole("burst", 0, 0, 1_000_000),
                    range(in, "input"),
                    range(in, "output"),
                    (int) in.whole("retries", 0, 0, 10_000),
                    "true".equals(in.text("measured"))));
        }
    }

    private static int[] range(Fields in, String key) throws InvalidConfigException {
        var texts = in.texts(key, "[LEAST, MOST] tokens");
        if (texts.size() != 2) {
            throw in.problem(key, "must be [LEAST, MOST] tokens");
        }
        int least = (int) in.whole(key, texts.getFirst(), 1, 1_000_000);
        return new int[] {least, (int) in.whole(key, texts.getLast(), least, 1_000_000)};
    }
}
