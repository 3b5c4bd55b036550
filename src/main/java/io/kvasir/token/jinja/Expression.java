package io.kvasir.token.jinja;

import io.kvasir.token.jinja.Run.Scope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What has a value. */
sealed interface Expression {
    Object value(Run run, Scope scope);

    /** Writes what it has as a value. */
    default void write(Run run, Scope scope) {
        run.write(Python.text(value(run, scope)));
    }

    record Constant(Object value) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            return value;
        }
    }

    record Name(String name) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            return scope.get(name);
        }
    }

    record ListOf(List<Expression> items) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            var list = new ArrayList<Object>(items.size());
            for (Expression item : items) {
                list.add(item.value(run, scope));
            }
            return list;
        }
    }

    record MapOf(List<Expression> keys, List<Expression> values) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            var map = new LinkedHashMap<Object, Object>();
            for (int i = 0; i < keys.size(); i++) {
                map.put(keys.get(i).value(run, scope), values.get(i).value(run, scope));
            }
            return map;
        }
    }

    record Attribute(Expression of, String name) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            return Attributes.attribute(run.worked(of.value(run, scope)), name);
        }
    }

    record Subscript(Expression of, Expression key) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            return Attributes.subscript(of.value(run, scope), key.value(run, scope));
        }
    }

    record Slice(
            Expression of,
            @Nullable Expression from,
            @Nullable Expression to,
            @Nullable Expression step) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            return Attributes.slice(
                    run.worked(of.value(run, scope)),
                    bound(from, run, scope),
                    bound(to, run, scope),
                    bound(step, run, scope));
        }

        private static @Nullable Integer bound(@Nullable Expression bound, Run run, Scope scope) {
            var value = bound == null ? Nothing.NONE : bound.value(run, scope);
            return value == Nothing.NONE ? null : Integer.valueOf(Python.index(value));
        }
    }

    record Call(Expression of, Given given) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            run.step();
            if (of.value(run, scope) instanceof Callable callable) {
                return run.worked(callable.call(run, given.arguments(run, scope)));
            }
            throw new TemplateException(of + " cannot be called");
        }
    }

    record Filtered(Expression of, String name, Filters.Filter filter, Given given) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            run.step();
            return run.worked(filter.apply(run, run.worked(of.value(run, scope)), given.arguments(run, scope)));
        }
    }

    record Tested(Expression of, ValueTests.Test test, Given given) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            return test.holds(of.value(run, scope), given.arguments(run, scope));
        }
    }

    record Not(Expression of) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            return !Python.isTrue(of.value(run, scope));
        }
    }

    record And(Expression left, Expression right) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            var first = left.value(run, scope);
            return Python.isTrue(first) ? right.value(run, scope) : first;
        }
    }

    record Or(Expression left, Expression right) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            var first = left.value(run, scope);
            return Python.isTrue(first) ? first : right.value(run, scope);
        }
    }

    record Choice(Expression condition, Expression then, Expression otherwise) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            return (Python.isTrue(condition.value(run, scope)) ? then : otherwise).value(run, scope);
        }
    }

    record Negated(Expression of) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            return Arithmetic.apply("-", 0L, of.value(run, scope));
        }
    }

    record Binary(Expression left, String operator, Expression right) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            var first = left.value(run, scope);
            var second = right.value(run, scope);
            run.room((long) length(first) + length(second));
            return run.worked(Arithmetic.apply(operator, first, second));
        }

        /** Texts that are put together to be written are written one after the other, and never copied together. */
        @Override
        public void write(Run run, Scope scope) {
            var parts = new ArrayDeque<Expression>();
            Expression at = this;
            while (at instanceof Binary sum && sum.operator.equals("+")) {
                parts.addFirst(sum.right);
                at = sum.left;
            }
            parts.addFirst(at);
            var values = new ArrayList<Object>(parts.size());
            boolean texts = true;
            for (Expression part : parts) {
                var value = run.worked(part.value(run, scope));
                values.add(value);
                texts &= value instanceof String;
            }
            if (texts) {
                values.forEach(value -> run.write((String) value));
            } else {
                run.write(Python.text(sum(run, values)));
            }
        }

        private static Object sum(Run run, List<Object> values) {
            Object sum = values.getFirst();
            for (Object next : values.subList(1, values.size())) {
                run.room((long) length(sum) + length(next));
                sum = run.worked(Arithmetic.apply("+", sum, next));
            }
            return sum;
        }

        private static int length(Object value) {
            return value instanceof String s ? s.length() : value instanceof List<?> list ? list.size() : 0;
        }
    }

    /** {@code a < b <= c}: each with the one before it. */
    record Comparison(Expression first, List<String> operators, List<Expression> others) implements Expression {
        @Override
        public Object value(Run run, Scope scope) {
            var left = first.value(run, scope);
            for (int i = 0; i < operators.size(); i++) {
                var right = run.worked(others.get(i).value(run, scope));
                if (!holds(operators.get(i), left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        }

        private static boolean holds(String operator, Object left, Object right) {
            return switch (operator) {
                case "==" -> Python.equal(left, right);
                case "!=" -> !Python.equal(left, right);
                case "in" -> Python.contains(right, left);
                case "not in" -> !Python.contains(right, left);
                case "<" -> Python.compare(left, right) < 0;
                case "<=" -> Python.compare(left, right) <= 0;
                case ">" -> Python.compare(left, right) > 0;
                default -> Python.compare(left, right) >= 0;
            };
        }
    }

    /** Arguments as the template gives them. */
    record Given(List<Expression> positional, Map<String, Expression> named) {
        static final Given NONE = new Given(List.of(), Map.of());

        Arguments arguments(Run run, Scope scope) {
            if (positional.isEmpty() && named.isEmpty()) {
                return Arguments.NONE;
            }
            var values = new ArrayList<Object>(positional.size());
            for (Expression each : positional) {
                values.add(each.value(run, scope));
            }
            var byName = new LinkedHashMap<String, Object>();
            named.forEach((name, value) -> byName.put(name, value.value(run, scope)));
            return new Arguments(values, byName);
        }
    }
}
