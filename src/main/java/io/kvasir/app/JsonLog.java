package io.kvasir.app;

import com.fasterxml.jackson.core.JsonFactory;
import io.quarkus.bootstrap.logging.InitialConfigurator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;

/** Log lines as JSON objects, one a line: time, level, logger, thread, message and, where there is one, the stack trace. */
final class JsonLog extends Formatter {
    private static final JsonFactory JSON = new JsonFactory();

    private final PatternFormatter message = new PatternFormatter("%s");
    private final PatternFormatter trace = new PatternFormatter("%e");

    /** Makes the console's handlers write JSON. */
    static void install() {
        for (var handler : InitialConfigurator.DELAYED_HANDLER.getHandlers()) {
            handler.setFormatter(new JsonLog());
        }
    }

    @Override
    public String format(LogRecord entry) {
        var line = new StringWriter();
        try (var json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("time", entry.getInstant().toString());
            json.writeStringField("level", entry.getLevel().getName());
            json.writeStringField("logger", entry.getLoggerName());
            var extended = ExtLogRecord.wrap(entry);
            json.writeStringField("thread", extended.getThreadName());
            json.writeStringField("message", message.format(extended));
            if (entry.getThrown() != null) {
                json.writeStringField("trace", trace.format(extended));
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line + "\n";
    }
}
