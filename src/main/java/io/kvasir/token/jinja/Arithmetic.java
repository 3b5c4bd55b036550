package io.kvasir.token.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** What operators make of values. */
final class Arithmetic {
    private static final int MOST_REPEATED = 1 << 20;

    private Arithmetic() {}

    static Object apply(String operator, Object left, Object right) {
        if (operator.equals("~")) {
            return Python.text(left) + Python.text(right);
        }
        if (left instanceof BigInteger || right instanceof BigInteger) {
            throw new TemplateException("integers of more than 64 bits are not known");
        }
        if (operator.equals("+")) {
            if (left instanceof String a && right instanceof String b) {
                return a.concat(b);
            }
            if (left instanceof List<?> a && right instanceof List<?> b) {
                var both = new ArrayList<Object>(a);
                both.addAll(b);
                return both;
            }
        }
        if (operator.equals("*") && left instanceof String s && right instanceof Long n) {
            int times = (int) Math.clamp(n, 0, MOST_REPEATED + 1);
            if ((long) times * s.length() > MOST_REPEATED) {
                throw new TemplateException("a string is repeated too often");
            }
            return s.repeat(times);
        }
        if (left instanceof Long || left instanceof Boolean) {
            if (right instanceof Long || right instanceof Boolean) {
                return whole(operator, integer(left), integer(right));
            }
        }
        if (isNumber(left) && isNumber(right)) {
            return real(operator, real(left), real(right));
        }
        throw new TemplateException(Python.type(left) + " " + operator + " " + Python.type(right) + " has no meaning");
    }

    private static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Boolean;
    }

    private static long integer(Object value) {
        return value instanceof Boolean b ? b ? 1 : 0 : (Long) value;
    }

    private static double real(Object value) {
        return value instanceof Number n ? n.doubleValue() : integer(value);
    }

    private static Object whole(String operator, long a, long b) {
        if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
            throw new TemplateException("division by zero");
        }
        try {
            return switch (operator) {
                case "+" -> Math.addExact(a, b);
                case "-" -> Math.subtractExact(a, b);
                case "*" -> Math.multiplyExact(a, b);
                case "/" -> (double) a / b;
                case "//" -> Math.floorDiv(a, b);
                case "%" -> Math.floorMod(a, b);
                default -> b >= 0 && b < 63 ? (Object) Math.powExact(a, (int) b) : (Object) Math.pow(a, b);
            };
        } catch (ArithmeticException e) {
            throw new TemplateException(a + " " + operator + " " + b + " is too large");
        }
    }

    private static Object real(String operator, double a, double b) {
        if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
            throw new TemplateException("division by zero");
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor(a / b);
            case "%" -> a - b * Math.floor(a / b);
            default -> Math.pow(a, b);
        };
    }
}
