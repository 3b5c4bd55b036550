package io.kvasir.token.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** How Python sees values: what is true, what is equal, and how they are written. */
final class Python {
    /** Characters of a text that are gone over one by one, at most. */
    private static final int MOST_CHARACTERS = 1 << 16;

    private Python() {}

    /** What {@code strip} takes away. */
    static boolean isSpace(int c) {
        return c == ' '
                || c >= 9 && c <= 13
                || c >= 0x1c && c <= 0x1f
                || c == 0x85
                || c == 0xa0
                || c > 0xff && Character.isSpaceChar(c);
    }

    static boolean isTrue(Object value) {
        return switch (value) {
            case Nothing _ -> false;
            case Boolean b -> b;
            case Long n -> n != 0;
            case Double d -> d != 0;
            case BigInteger _ -> true;
            case String s -> !s.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }

    static boolean equal(Object one, Object other) {
        if (one instanceof Number || one instanceof Boolean) {
            return (other instanceof Number || other instanceof Boolean) && compareNumbers(one, other) == 0;
        }
        return one.equals(other);
    }

    private static int compareNumbers(Object one, Object other) {
        return decimal(one).compareTo(decimal(other));
    }

    private static BigDecimal decimal(Object number) {
        return switch (number) {
            case Boolean b -> b ? BigDecimal.ONE : BigDecimal.ZERO;
            case Long n -> BigDecimal.valueOf(n);
            case BigInteger n -> new BigDecimal(n);
            case Double d when !d.isNaN() && !d.isInfinite() -> new BigDecimal(d);
            default -> throw new TemplateException(type(number) + " " + text(number) + " cannot be compared");
        };
    }

    static int compare(Object one, Object other) {
        if (one instanceof String a && other instanceof String b) {
            // by code point, as Python does
            return a.codePointCount(0, a.length()) == a.length() && b.codePointCount(0, b.length()) == b.length()
                    ? a.compareTo(b)
                    : compareCodePoints(a, b);
        }
        if ((one instanceof Number || one instanceof Boolean)
                && (other instanceof Number || other instanceof Boolean)) {
            return one instanceof Long a && other instanceof Long b ? Long.compare(a, b) : compareNumbers(one, other);
        }
        throw new TemplateException(type(one) + " and " + type(other) + " cannot be compared");
    }

    private static int compareCodePoints(String a, String b) {
        int[] as = a.codePoints().toArray();
        int[] bs = b.codePoints().toArray();
        return java.util.Arrays.compare(as, bs);
    }

    /** {@code str()}. */
    static String text(Object value) {
        return switch (value) {
            case String s -> s;
            case Nothing nothing -> nothing == Nothing.NONE ? "None" : "";
            case Boolean b -> b ? "True" : "False";
            case Double d -> number(d);
            case List<?> _, Map<?, ?> _ -> written(value);
            default -> value.toString();
        };
    }

    /** {@code repr()}. */
    private static String written(Object value) {
        var out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        switch (value) {
            case String s -> quote(s, out);
            case Nothing nothing -> out.append(nothing == Nothing.NONE ? "None" : "Undefined");
            case List<?> list -> {
                out.append('[');
                String between = "";
                for (Object each : list) {
                    out.append(between);
                    write(each, out);
                    between = ", ";
                }
                out.append(']');
            }
            case Map<?, ?> map -> {
                out.append('{');
                String between = "";
                for (var each : map.entrySet()) {
                    out.append(between);
                    write(each.getKey(), out);
                    out.append(": ");
                    write(each.getValue(), out);
                    between = ", ";
                }
                out.append('}');
            }
            default -> out.append(text(value));
        }
    }

    private static void quote(String s, StringBuilder out) {
        char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        s.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (c < 0x20 || c == 0x7f) {
                        out.append(String.format("\\x%02x", c));
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        out.append(quote);
    }

    /** A float: the shortest digits that mean it, with an exponent below 1e-4 and from 1e16 on. */
    static String number(double d) {
        if (Double.isNaN(d) || Double.isInfinite(d)) {
            return Double.isNaN(d) ? "nan" : d > 0 ? "inf" : "-inf";
        }
        double size = Math.abs(d);
        if (size != 0 && (size < 1e-4 || size >= 1e16)) {
            var digits = new BigDecimal(Double.toString(size)).stripTrailingZeros();
            String all = digits.unscaledValue().toString();
            int exponent = all.length() - 1 - digits.scale();
            return (d < 0 ? "-" : "")
                    + all.charAt(0)
                    + (all.length() == 1 ? "" : "." + all.substring(1))
                    + (exponent < 0 ? "e-" : "e+")
                    + (Math.abs(exponent) < 10 ? "0" : "")
                    + Math.abs(exponent);
        }
        String plain = new BigDecimal(Double.toString(d)).toPlainString();
        return plain.indexOf('.') >= 0 ? plain : plain + (Double.compare(d, -0.0) == 0 ? "-0.0" : ".0");
    }

    /** The name of a value's type. */
    static String type(Object value) {
        return switch (value) {
            case String _ -> "str";
            case Nothing nothing -> nothing == Nothing.NONE ? "None" : "Undefined";
            case Boolean _ -> "bool";
            case Long _, BigInteger _ -> "int";
            case Double _ -> "float";
            case List<?> _ -> "list";
            case Map<?, ?> _ -> "dict";
            default -> "object";
        };
    }

    /** What a loop goes over. */
    static List<?> items(Object value) {
        return switch (value) {
            case List<?> list -> list;
            case Map<?, ?> map -> List.copyOf(map.keySet());
            case String s
            when s.length() > MOST_CHARACTERS ->
                throw new TemplateException("a text of " + s.length() + " characters is gone over");
            case String s -> s.codePoints().mapToObj(Character::toString).toList();
            case Nothing nothing when nothing == Nothing.UNDEFINED -> List.of();
            default -> throw new TemplateException(type(value) + " cannot be gone over");
        };
    }

    static long length(Object value) {
        return switch (value) {
            case String s -> s.codePointCount(0, s.length());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Nothing nothing when nothing == Nothing.UNDEFINED -> 0;
            default -> throw new TemplateException(type(value) + " has no length");
        };
    }

    static boolean contains(Object within, Object value) {
        return switch (within) {
            case String s when value instanceof String part -> s.contains(part);
            case List<?> list -> list.stream().anyMatch(each -> equal(each, value));
            case Map<?, ?> map -> map.containsKey(value);
            case Nothing nothing when nothing == Nothing.UNDEFINED -> false;
            default -> throw new TemplateException(type(value) + " cannot be in " + type(within));
        };
    }

    /** An index or length, of an integer. */
    static int index(Object value) {
        if (value instanceof Long n) {
            return (int) Math.clamp(n, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        if (value instanceof Boolean b) {
            return b ? 1 : 0;
        }
        throw new TemplateException(type(value) + " is no integer");
    }
}
