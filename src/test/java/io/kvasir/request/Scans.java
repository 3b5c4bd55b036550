package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/** Scans whole bodies for tests. */
final class Scans {
    /** What a scan left behind. */
    record Scan(Request request, List<String> record) {}

    private Scans() {}

    static Request request(Dialect dialect, String body) {
        return scan(dialect, body.getBytes(UTF_8)).request();
    }

    static String prompt(Dialect dialect, String body) {
        var sink = new RecordingSink();
        var scanner = new BodyScanner();
        scanner.reset(dialect, sink);
        byte[] bytes = body.getBytes(UTF_8);
        scanner.feed(bytes, 0, bytes.length);
        scanner.finish();
        return sink.prompt();
    }

    static Scan scan(Dialect dialect, byte[] body) {
        return scan(new BodyScanner(), dialect, body, body.length);
    }

    static Scan scan(BodyScanner scanner, Dialect dialect, byte[] body, int... ends) {
        var sink = new RecordingSink();
        scanner.reset(dialect, sink);
        int from = 0;
        for (int end : ends) {
            scanner.feed(body, from, end - from);
            from = end;
        }
        scanner.finish();
        return new Scan(scanner.request(), sink.record());
    }
}
