package io.kvasir.token.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Python's methods of strings. */
final class StringMethods {
    /** What ends lines to Python. */
    private static final Pattern LINE_END =
            Pattern.compile("\\r\\n|[\\n\\r\\u000b\\f\\u001c-\\u001e\\u0085\\u2028\\u2029]");

    private StringMethods() {}

    /** A method of a string; null where there is none of that name. */
    static @Nullable Callable of(String s, String name) {
        return switch (name) {
            case "startswith" -> (_, given) -> any(given.get(0, "prefix"), s::startsWith);
            case "endswith" -> (_, given) -> any(given.get(0, "suffix"), s::endsWith);
            case "strip" -> (_, given) -> strip(s, given, true, true);
            case "lstrip" -> (_, given) -> strip(s, given, true, false);
            case "rstrip" -> (_, given) -> strip(s, given, false, true);
            case "split" -> (_, given) -> split(s, given.get(0, "sep", Nothing.NONE), most(given), false);
            case "rsplit" -> (_, given) -> split(s, given.get(0, "sep", Nothing.NONE), most(given), true);
            case "splitlines" -> (_, given) -> lines(s, given);
            case "upper" -> (_, _) -> s.toUpperCase(Locale.ROOT);
            case "lower" -> (_, _) -> s.toLowerCase(Locale.ROOT);
            case "capitalize" -> (_, _) -> capitalized(s);
            case "title" -> (_, _) -> title(s);
            case "replace" -> (_, given) -> replaced(s, given);
            case "removeprefix" ->
                (_, given) -> {
                    String prefix = given.text(0, "prefix");
                    return s.startsWith(prefix) ? s.substring(prefix.length()) : s;
                };
            case "removesuffix" ->
                (_, given) -> {
                    String suffix = given.text(0, "suffix");
                    return s.endsWith(suffix) ? s.substring(0, s.length() - suffix.length()) : s;
                };
            case "find" -> (_, given) -> place(s, s.indexOf(given.text(0, "sub")));
            case "rfind" -> (_, given) -> place(s, s.lastIndexOf(given.text(0, "sub")));
            case "count" ->
                (_, given) -> (long) split(s, given.text(0, "sub"), -1, false).size() - 1;
            case "join" ->
                (_, given) -> Python.items(given.get(0, "iterable")).stream()
                        .map(Python::text)
                        .collect(Collectors.joining(s));
            case "isdigit" -> (_, _) -> all(s, Character::isDigit);
            case "isalpha" -> (_, _) -> all(s, Character::isLetter);
            case "isalnum" -> (_, _) -> all(s, Character::isLetterOrDigit);
            case "isspace" -> (_, _) -> all(s, Python::isSpace);
            case "isupper" ->
                (_, _) -> s.equals(s.toUpperCase(Locale.ROOT)) && s.codePoints().anyMatch(Character::isUpperCase);
            case "islower" ->
                (_, _) -> s.equals(s.toLowerCase(Locale.ROOT)) && s.codePoints().anyMatch(Character::isLowerCase);
            default -> null;
        };
    }

    private static boolean any(Object wanted, java.util.function.Predicate<String> holds) {
        return wanted instanceof List<?> some
                ? some.stream().anyMatch(each -> holds.test(Python.text(each)))
                : holds.test(Python.text(wanted));
    }

    private static boolean all(String s, IntPredicate holds) {
        return !s.isEmpty() && s.codePoints().allMatch(holds);
    }

    private static long place(String s, int index) {
        return index < 0 ? -1 : s.codePointCount(0, index);
    }

    static String strip(String s, Arguments given, boolean left, boolean right) {
        var chars = given.get(0, "chars", Nothing.NONE);
        IntPredicate goes = chars instanceof String some ? c -> some.indexOf(c) >= 0 : Python::isSpace;
        int from = 0;
        int to = s.length();
        while (left && from < to && goes.test(s.codePointAt(from))) {
            from += Character.charCount(s.codePointAt(from));
        }
        while (right && to > from && goes.test(s.codePointBefore(to))) {
            to -= Character.charCount(s.codePointBefore(to));
        }
        return s.substring(from, to);
    }

    private static int most(Arguments given) {
        return Python.index(given.get(1, "maxsplit", -1L));
    }

    private static List<Object> split(String s, Object separator, int most, boolean fromRight) {
        if (!(separator instanceof String by)) {
            return words(s, most, fromRight);
        }
        if (by.isEmpty()) {
            throw new TemplateException("a string is split by nothing");
        }
        var parts = new ArrayList<Object>();
        if (fromRight) {
            int end = s.length();
            int at;
            while ((most < 0 || parts.size() < most) && (at = s.lastIndexOf(by, end - by.length())) >= 0) {
                parts.add(s.substring(at + by.length(), end));
                end = at;
            }
            parts.add(s.substring(0, end));
            Collections.reverse(parts);
            return parts;
        }
        int from = 0;
        int at;
        while ((most < 0 || parts.size() < most) && (at = s.indexOf(by, from)) >= 0) {
            parts.add(s.substring(from, at));
            from = at + by.length();
        }
        parts.add(s.substring(from));
        return parts;
    }

    private static List<Object> lines(String s, Arguments given) {
        if (!given.equals(Arguments.NONE)) {
            throw new TemplateException("splitlines that keeps ends is not known");
        }
        var lines = new ArrayList<Object>(List.of(LINE_END.split(s, -1)));
        if (lines.getLast().equals("")) {
            lines.removeLast();
        }
        return lines;
    }

    private static List<Object> words(String s, int most, boolean fromRight) {
        if (most >= 0) {
            throw new TemplateException((fromRight ? "rsplit" : "split") + " by white space has no bound here");
        }
        var words = new ArrayList<Object>();
        int from = -1;
        for (int i = 0; i <= s.length(); i++) {
            boolean between = i == s.length() || Python.isSpace(s.charAt(i));
            if (between && from >= 0) {
                words.add(s.substring(from, i));
                from = -1;
            } else if (!between && from < 0) {
                from = i;
            }
        }
        return words;
    }

    static String capitalized(String s) {
        if (s.isEmpty()) {
            return s;
        }
        int first = s.offsetByCodePoints(0, 1);
        return s.substring(0, first).toUpperCase(Locale.ROOT)
                + s.substring(first).toLowerCase(Locale.ROOT);
    }

    static String title(String s) {
        var out = new StringBuilder();
        boolean inWord = false;
        for (int c : s.codePoints().toArray()) {
            boolean letter = Character.isLetter(c);
            out.appendCodePoint(!letter ? c : inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = letter;
        }
        return out.toString();
    }

    static String replaced(String s, Arguments given) {
        String old = given.text(0, "old");
        String fresh = given.text(1, "new");
        int most = Python.index(given.get(2, "count", -1L));
        if (most < 0) {
            return s.replace(old, fresh);
        }
        if (old.isEmpty()) {
            throw new TemplateException("replace of nothing has no bound here");
        }
        return split(s, old, most, false).stream().map(Python::text).collect(Collectors.joining(fresh));
    }
}
