package io.kvasir.check;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Findings as a table for people or as JSON for programs. */
final class FindingsReport {
    private static final List<String> HEAD = List.of("TIME", "STATUS", "ABOUT", "TOPIC", "FINDING");

    private final Findings findings;

    FindingsReport(Findings findings) {
        this.findings = findings;
    }

    void table(PrintWriter out) {
        var rows = new ArrayList<List<String>>();
        rows.add(HEAD);
        for (Finding f : findings.all()) {
            rows.add(List.of(time(f.at()), f.severity().code(), f.subject(), f.topic(), f.text()));
        }
        int[] widths = new int[HEAD.size()];
        rows.forEach(row ->
                Arrays.setAll(widths, i -> Math.max(widths[i], row.get(i).length())));
        for (var row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(i == 0 ? "" : "  ").append(row.get(i));
                if (i < widths.length - 1) {
                    line.repeat(' ', widths[i] - row.get(i).length());
                }
            }
            out.println(line);
        }
        var counts = new ArrayList<String>();
        for (Severity severity : Severity.values()) {
            counts.add(findings.count(severity) + " " + severity.code());
        }
        out.println(String.join(", ", counts));
        out.flush();
    }

    void json(PrintWriter out, int exitStatus) throws IOException {
        var root = JsonNodeFactory.instance.objectNode();
        root.put("exitStatus", exitStatus);
        var summary = root.putObject("summary");
        for (Severity severity : Severity.values()) {
            summary.put(severity.code(), findings.count(severity));
        }
        var list = root.putArray("findings");
        for (Finding f : findings.all()) {
            list.addObject()
                    .put("time", f.at().toString())
                    .put("status", f.severity().code())
                    .put("about", f.subject())
                    .put("topic", f.topic())
                    .put("finding", f.text());
        }
        out.println(
                new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(root));
        out.flush();
    }

    private static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.MILLIS).toString().replaceFirst(".*T", "");
    }
}
