package io.kvasir.scrape;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The text format read with regular expressions, line by line: slow, plain, and not by the scanner's author's tricks. */
final class NaivePage {
    record Sample(String family, Map<String, String> labels, double value) {}

    /** Of 64 bytes at most, as the scanner has it. */
    private static final String NUMBER =
            "(?![^ \\t]{65})[+-]?(?:(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?|(?i:inf|infinity))|(?![^ \\t]{65})(?i:nan)";

    private static final String LABEL = "[A-Za-z0-9_:]+[ \\t]*=[ \\t]*\"(?:[^\"\\\\]|\\\\.)*\"[ \\t]*";
    private static final Pattern LINE = Pattern.compile(
            "([A-Za-z0-9_:]+)[ \\t]*(?:\\{[ \\t]*((?:" + LABEL + ",[ \\t]*)*(?:" + LABEL + ")?)})?[ \\t]*(" + NUMBER
                    + ")(?:[ \\t]+(?:" + NUMBER + "))?[ \\t]*(?:[ \\t]#.*)?",
            Pattern.DOTALL);
    private static final Pattern ONE_LABEL =
            Pattern.compile("([A-Za-z0-9_:]+)[ \\t]*=[ \\t]*\"((?:[^\"\\\\]|\\\\.)*)\"", Pattern.DOTALL);

    final List<Sample> samples = new ArrayList<>();
    int malformed;

    NaivePage(byte[] page, Set<String> wanted) {
        // one char per byte, so that bytes that are not UTF-8 stay what they are
        for (String raw : new String(page, StandardCharsets.ISO_8859_1).split("\n", -1)) {
            String line = raw.replaceFirst("^[ \\t]+", "");
            line = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
            String name = line.split("[{ \\t\\r]", 2)[0];
            if (wanted.contains(name)) {
                Matcher sample = LINE.matcher(line);
                if (sample.matches()) {
                    samples.add(new Sample(name, labels(sample.group(2)), number(sample.group(3))));
                } else {
                    malformed++;
                }
            }
        }
    }

    private static Map<String, String> labels(@Nullable String text) {
        var labels = new LinkedHashMap<String, String>();
        if (text != null) {
            Matcher label = ONE_LABEL.matcher(text);
            while (label.find()) {
                labels.putIfAbsent(label.group(1), label.group(2));
            }
        }
        return labels;
    }

    private static double number(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.equals("nan")) {
            return Double.NaN;
        }
        if (lower.contains("inf")) {
            return lower.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        return Double.parseDouble(text);
    }
}
