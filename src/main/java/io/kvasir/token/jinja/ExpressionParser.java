package io.kvasir.token.jinja;

import io.kvasir.token.jinja.Expression.Given;
import io.kvasir.token.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads expressions, by the precedence that Jinja gives operators. */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    /** Names that go on with the expression behind a test without arguments. */
    private static final Set<String> AFTER_TEST = Set.of("else", "or", "and", "is", "if", "not", "in", "recursive");

    private static final int MOST_DEPTH = 200;

    private final TokenReader in;
    private int depth;

    ExpressionParser(TokenReader in) {
        this.in = in;
    }

    /** One, or several with commas between, which are a list then. */
    Expression tuple(boolean withChoice) {
        var first = withChoice ? expression() : or();
        if (!in.peek().isOperator(",")) {
            return first;
        }
        var all = new ArrayList<>(List.of(first));
        while (in.takeOperator(",")) {
            if (in.peek().kind() == Kind.BLOCK_END || in.peek().isOperator(")")) {
                break;
            }
            all.add(withChoice ? expression() : or());
        }
        return new Expression.ListOf(all);
    }

    Expression expression() {
        if (++depth > MOST_DEPTH) {
            throw in.failure("too deep");
        }
        var value = or();
        while (in.takeName("if")) {
            var condition = or();
            var otherwise = in.takeName("else") ? expression() : new Expression.Constant(Nothing.UNDEFINED);
            value = new Expression.Choice(condition, value, otherwise);
        }
        depth--;
        return value;
    }

    private Expression or() {
        var left = and();
        while (in.takeName("or")) {
            left = new Expression.Or(left, and());
        }
        return left;
    }

    private Expression and() {
        var left = not();
        while (in.takeName("and")) {
            left = new Expression.And(left, not());
        }
        return left;
    }

    private Expression not() {
        return in.takeName("not") ? new Expression.Not(not()) : comparison();
    }

    private Expression comparison() {
        var first = sum();
        var operators = new ArrayList<String>();
        var others = new ArrayList<Expression>();
        while (true) {
            var token = in.peek();
            if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                operators.add(in.next().text());
            } else if (in.takeName("in")) {
                operators.add("in");
            } else if (token.isName("not") && in.peekNext().isName("in")) {
                in.name("not");
                in.name("in");
                operators.add("not in");
            } else {
                return operators.isEmpty() ? first : new Expression.Comparison(first, operators, others);
            }
            others.add(sum());
        }
    }

    private Expression sum() {
        var left = concatenation();
        while (in.peek().isOperator("+") || in.peek().isOperator("-")) {
            left = new Expression.Binary(left, in.next().text(), concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        var left = product();
        while (in.takeOperator("~")) {
            left = new Expression.Binary(left, "~", product());
        }
        return left;
    }

    private Expression product() {
        var left = power();
        while (in.peek().isOperator("*")
                || in.peek().isOperator("/")
                || in.peek().isOperator("//")
                || in.peek().isOperator("%")) {
            left = new Expression.Binary(left, in.next().text(), power());
        }
        return left;
    }

    private Expression power() {
        var left = unary(true);
        while (in.takeOperator("**")) {
            left = new Expression.Binary(left, "**", unary(true));
        }
        return left;
    }

    private Expression unary(boolean withFilter) {
        if (in.takeOperator("-")) {
            var negated = new Expression.Negated(unary(false));
            return withFilter ? filtered(negated) : negated;
        }
        if (in.takeOperator("+")) {
            return unary(withFilter);
        }
        var value = postfix(primary());
        return withFilter ? filtered(value) : value;
    }

    private Expression primary() {
        var token = in.next();
        return switch (token.kind()) {
            case NAME ->
                switch (token.text()) {
                    case "true", "True" -> new Expression.Constant(true);
                    case "false", "False" -> new Expression.Constant(false);
                    case "none", "None" -> new Expression.Constant(Nothing.NONE);
                    case "varargs", "kwargs", "self", "super", "cycler", "joiner", "lipsum" ->
                        throw in.failure("there is no " + token.text() + " here; before");
                    default -> new Expression.Name(token.text());
                };
            case STRING -> {
                var text = new StringBuilder(token.text());
                while (in.peek().kind() == Kind.STRING) {
                    text.append(in.next().text());
                }
                yield new Expression.Constant(text.toString());
            }
            case INTEGER -> new Expression.Constant(Long.parseLong(token.text()));
            case FLOAT -> new Expression.Constant(Double.parseDouble(token.text()));
            default -> bracketed(token);
        };
    }

    private Expression bracketed(Token open) {
        if (open.isOperator("(")) {
            if (in.takeOperator(")")) {
                return new Expression.ListOf(List.of());
            }
            var inner = tuple(true);
            in.operator(")");
            return inner;
        }
        if (open.isOperator("[")) {
            return new Expression.ListOf(list("]"));
        }
        if (open.isOperator("{")) {
            return map();
        }
        throw in.failure("unexpected " + open.text() + " before");
    }

    private List<Expression> list(String close) {
        var items = new ArrayList<Expression>();
        while (!in.takeOperator(close)) {
            items.add(expression());
            if (!in.peek().isOperator(close)) {
                in.operator(",");
            }
        }
        return items;
    }

    private Expression map() {
        var keys = new ArrayList<Expression>();
        var values = new ArrayList<Expression>();
        while (!in.takeOperator("}")) {
            keys.add(expression());
            in.operator(":");
            values.add(expression());
            if (!in.peek().isOperator("}")) {
                in.operator(",");
            }
        }
        return new Expression.MapOf(keys, values);
    }

    private Expression postfix(Expression of) {
        var value = of;
        while (true) {
            if (in.takeOperator(".")) {
                var name = in.next();
                if (name.kind() == Kind.INTEGER) {
                    value = new Expression.Subscript(value, new Expression.Constant(Long.parseLong(name.text())));
                } else if (name.kind() == Kind.NAME) {
                    value = new Expression.Attribute(value, name.text());
                } else {
                    throw in.failure("expected a name before");
                }
            } else if (in.takeOperator("[")) {
                value = subscript(value);
            } else if (in.peek().isOperator("(")) {
                value = new Expression.Call(value, given());
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression of) {
        var from = in.peek().isOperator(":") ? null : expression();
        if (in.takeOperator("]")) {
            if (from == null) {
                throw in.failure("an empty subscript before");
            }
            return new Expression.Subscript(of, from);
        }
        in.operator(":");
        var to = bound();
        var step = in.takeOperator(":") ? bound() : null;
        in.operator("]");
        return new Expression.Slice(of, from, to, step);
    }

    private @Nullable Expression bound() {
        return in.peek().isOperator(":") || in.peek().isOperator("]") ? null : expression();
    }

    private Expression filtered(Expression of) {
        var value = of;
        while (true) {
            if (in.takeOperator("|")) {
                String name = in.next(Kind.NAME).text();
                value = new Expression.Filtered(value, name, filter(name), givenIfAny());
            } else if (in.takeName("is")) {
                value = test(value);
            } else if (in.peek().isOperator("(")) {
                value = new Expression.Call(value, given());
            } else {
                return value;
            }
        }
    }

    /** A filter of that name. */
    Filters.Filter filter(String name) {
        var filter = Filters.of(name);
        if (filter == null) {
            throw in.failure("there is no filter " + name + " here; before");
        }
        return filter;
    }

    private Expression test(Expression of) {
        boolean not = in.takeName("not");
        String name = in.next(Kind.NAME).text();
        var test = ValueTests.of(name);
        if (test == null) {
            throw in.failure("there is no test " + name + " here; before");
        }
        var given = Given.NONE;
        var next = in.peek();
        if (next.isOperator("(")) {
            given = given();
        } else if (next.kind() == Kind.STRING
                || next.kind() == Kind.INTEGER
                || next.kind() == Kind.FLOAT
                || next.isOperator("[")
                || next.isOperator("{")
                || next.kind() == Kind.NAME && !AFTER_TEST.contains(next.text())) {
            given = new Given(List.of(postfix(primary())), new LinkedHashMap<>());
        }
        var tested = new Expression.Tested(of, test, given);
        return not ? new Expression.Not(tested) : tested;
    }

    /** Arguments in brackets, if any follow. */
    Given givenIfAny() {
        return in.peek().isOperator("(") ? given() : Given.NONE;
    }

    private Given given() {
        in.operator("(");
        var positional = new ArrayList<Expression>();
        var named = new LinkedHashMap<String, Expression>();
        while (!in.takeOperator(")")) {
            if (in.peek().kind() == Kind.NAME && in.peekNext().isOperator("=")) {
                String name = in.next().text();
                in.operator("=");
                named.put(name, expression());
            } else {
                positional.add(expression());
            }
            if (!in.peek().isOperator(")")) {
                in.operator(",");
            }
        }
        return new Given(positional, named);
    }
}
