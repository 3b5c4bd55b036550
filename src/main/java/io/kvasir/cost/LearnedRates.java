package io.kvasir.cost;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What was learned of one class of replicas, to be kept beyond a restart.
 *
 * @param name of the class, the same for equal {@link RateKey}s; without blanks
 * @param samples observations that it rests on
 * @param scales how many times as long as by the catalogues each part takes, in the order of {@link EndpointRates}
 */
public record LearnedRates(String name, long samples, double[] scales) {

    /** More than anybody makes, and far from the end of {@code long}. */
    private static final long MOST_SAMPLES = 1L << 40;

    static LearnedRates of(ClassRates rates) {
        return new LearnedRates(name(rates.key()), rates.samples(), rates.scales());
    }

    static String name(RateKey key) {
        var model = key.model();
        var hardware = key.hardware();
        return String.format(
                        Locale.ROOT,
                        "%s/%.4g/%.4g/%d/%d/%.4g/%s/%s/%.4g/%.4g/%.4g/%d/%d",
                        hardware.name(),
                        hardware.flops(),
                        hardware.bandwidth(),
                        key.count(),
                        key.sharing(),
                        key.speed(),
                        key.engine(),
                        key.engineVersion() == null ? "-" : key.engineVersion(),
                        model.activeParameters(),
                        model.weightBytes(),
                        model.kvBytesPerToken(),
                        model.layers(),
                        model.attentionWidth())
                .replaceAll("\\s", "_");
    }

    /** As a line of text. */
    public String line() {
        var line = new StringBuilder(name).append(' ').append(samples);
        for (double scale : scales) {
            line.append(' ').append(String.format(Locale.ROOT, "%.5g", scale));
        }
        return line.toString();
    }

    /** Of a line of text; null where it is none. */
    public static @Nullable LearnedRates parse(String line) {
        String[] words = line.strip().split(" ", -1);
        if (words.length != 2 + RateFit.PARTS) {
            return null;
        }
        try {
            double[] scales = new double[RateFit.PARTS];
            for (int i = 0; i < scales.length; i++) {
                scales[i] = Double.parseDouble(words[2 + i]);
                if (!(scales[i] >= RateFit.LEAST && scales[i] <= RateFit.MOST)) {
                    return null;
                }
            }
            long samples = Long.parseLong(words[1]);
            return samples < 0 ? null : new LearnedRates(words[0], Math.min(samples, MOST_SAMPLES), scales);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
