package io.kvasir.app;

import io.kvasir.failure.NearMiss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The values of flags. Precedence: flag, environment variable, settings file, default. Every reader throws a {@link
 * ConfigurationException} that names the flag, its bad value and what is allowed.
 */
final class FlagValues {
    private static final Duration DAY = Duration.ofDays(1);
    private static final Pattern NUMBER = Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?");

    private final Map<String, String> flags;
    private final Map<String, String> environment;
    private final Map<String, String> file = new HashMap<>();
    private final List<String> warnings = new ArrayList<>();

    FlagValues(Map<String, String> flags, Map<String, String> environment) {
        this.flags = flags;
        this.environment = environment;
        if (given(Flag.SETTINGS)) {
            read(file(Flag.SETTINGS));
        }
    }

    private void read(Path path) {
        var known = new TreeMap<String, Flag>();
        for (Flag flag : Flag.values()) {
            flag.names().forEach(name -> known.put(name, flag));
        }
        var properties = new Properties();
        try (var in = Files.newBufferedReader(path)) {
            properties.load(in);
        } catch (IOException | IllegalArgumentException e) {
            throw ConfigurationException.unreadable(Flag.SETTINGS.key(), path, e);
        }
        for (String key : new TreeSet<>(properties.stringPropertyNames())) {
            var flag = known.get(key);
            if (flag == null) {
                String near = NearMiss.of(key, known.keySet());
                throw new ConfigurationException(path + ": unknown key " + ConfigurationException.shown(key)
                        + (near == null ? "" : ", did you mean " + near + "?") + "; allowed: " + known.keySet());
            }
            file.put(flag.key(), properties.getProperty(key).strip());
        }
    }

    /** The value as it was given; null where it was not. */
    @Nullable
    String told(Flag flag) {
        String value = flags.get(flag.key());
        if (value == null) {
            value = Variables.of(flag, environment);
        }
        return value == null ? file.get(flag.key()) : value;
    }

    /** The value as it was given; the flag's default where it was not. */
    String text(Flag flag) {
        String value = told(flag);
        return value == null ? flag.standard() : value;
    }

    /** Whether it was given as anything but nothing. */
    boolean given(Flag flag) {
        String value = told(flag);
        return value != null && !value.isEmpty();
    }

    /** The file or directory that it names; null where it was not given. */
    @Nullable
    Path path(Flag flag) {
        return given(flag) ? file(flag) : null;
    }

    /** The file or directory that it names. */
    Path file(Flag flag) {
        try {
            return Path.of(text(flag));
        } catch (InvalidPathException e) {
            throw ConfigurationException.bad(flag.key(), text(flag), "the name of a file or directory");
        }
    }

    /** A variable of the process that is no flag of ours; the other text where it is not set. */
    String variable(String name, String otherwise) {
        return environment.getOrDefault(name, otherwise);
    }

    /** Whether the process runs in a cluster. */
    boolean inCluster() {
        return environment.containsKey("KUBERNETES_SERVICE_HOST");
    }

    /** Has one line logged once the program runs. */
    void warn(String line) {
        warnings.add(line);
    }

    /** Lines to log. */
    List<String> warnings() {
        return warnings;
    }

    /**
     * The whole value, of that shape.
     *
     * @param allowed the shape in words
     */
    String matching(Flag flag, Pattern shape, String allowed) {
        String value = text(flag);
        if (!shape.matcher(value).matches()) {
            throw ConfigurationException.bad(flag.key(), value, allowed);
        }
        return value;
    }

    boolean on(Flag flag) {
        String value = text(flag);
        if (!Switch.isLiteral(value)) {
            throw ConfigurationException.bad(flag.key(), value, flag.form());
        }
        return Switch.isOn(value);
    }

    String oneOf(Flag flag, String one, String other) {
        String value = text(flag);
        if (!value.equals(one) && !value.equals(other)) {
            throw ConfigurationException.bad(flag.key(), value, one + " or " + other);
        }
        return value;
    }

    int port(Flag flag) {
        return (int) whole(flag, 0, 65_535);
    }

    long whole(Flag flag, long least, long most) {
        String value = text(flag);
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // told below
        }
        throw ConfigurationException.bad(flag.key(), value, least + " to " + most);
    }

    double number(Flag flag, double least, double most) {
        String value = text(flag);
        try {
            // Java's own suffixes and hexadecimal forms are nobody's idea of a number here
            double number = NUMBER.matcher(value).matches() ? Double.parseDouble(value) : Double.NaN;
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // told below
        }
        throw ConfigurationException.bad(flag.key(), value, plain(least) + " to " + plain(most));
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    /** As Go writes it, at most a day. */
    Duration duration(Flag flag) {
        return duration(flag, Duration.ZERO, DAY);
    }

    /** As Go writes it, within bounds. */
    Duration duration(Flag flag, Duration least, Duration most) {
        String value = text(flag);
        var duration = Quantities.duration(value);
        if (duration == null) {
            throw ConfigurationException.bad(flag.key(), value, "a duration such as 50ms, 1s or 2m");
        }
        if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
            throw ConfigurationException.bad(
                    flag.key(), value, Quantities.shown(least) + " to " + Quantities.shown(most));
        }
        return duration;
    }

    /** As Kubernetes writes quantities, a trailing B allowed. */
    int bytes(Flag flag, int least) {
        String value = text(flag);
        double bytes = Quantities.bytes(value);
        if (!(bytes >= least && bytes <= Integer.MAX_VALUE)) {
            throw ConfigurationException.bad(
                    flag.key(),
                    value,
                    "a size such as 10MiB or 25MB from " + least + " to " + Integer.MAX_VALUE + " bytes");
        }
        return (int) bytes;
    }
}
