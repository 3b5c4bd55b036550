package io.kvasir.token.jinja;

import io.kvasir.token.jinja.Statement.Applied;
import io.kvasir.token.jinja.Statement.Block;
import io.kvasir.token.jinja.Statement.Target;
import io.kvasir.token.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a template's statements. */
final class StatementParser {
    private static final Statement NOTHING = new Block(List.of());
    private static final int MOST_DEPTH = 100;

    private final TokenReader in;
    private final ExpressionParser expressions;
    private int depth;

    StatementParser(TokenReader in) {
        this.in = in;
        expressions = new ExpressionParser(in);
    }

    Statement template() {
        var all = until(Set.of());
        if (in.peek().kind() != Kind.END) {
            throw in.failure("unexpected");
        }
        return all;
    }

    /** Statements up to a block of one of these names, whose name is next then. */
    private Statement until(Set<String> ends) {
        if (++depth > MOST_DEPTH) {
            throw in.failure("blocks are too deep in each other");
        }
        var all = new ArrayList<Statement>();
        while (true) {
            var token = in.next();
            switch (token.kind()) {
                case TEXT -> all.add(new Statement.Text(token.text()));
                case PRINT_BEGIN -> {
                    all.add(new Statement.Print(expressions.tuple(true)));
                    in.next(Kind.PRINT_END);
                }
                case BLOCK_BEGIN -> {
                    if (in.peek().kind() == Kind.NAME && ends.contains(in.peek().text())) {
                        depth--;
                        return new Block(all);
                    }
                    all.add(block());
                }
                default -> {
                    if (!ends.isEmpty()) {
                        throw in.failure("a block does not end; expected one of " + ends);
                    }
                    depth--;
                    return new Block(all);
                }
            }
        }
    }

    private Statement block() {
        String name = in.next(Kind.NAME).text();
        return switch (name) {
            case "if" -> condition();
            case "for" -> loop();
            case "set" -> set();
            case "macro" -> macro();
            case "call" -> call();
            case "filter" -> filter();
            case "with" -> with();
            case "do" -> {
                var what = expressions.tuple(true);
                end();
                yield new Statement.Do(what);
            }
            case "break", "continue" -> {
                end();
                yield new Statement.Jump(name.equals("break") ? Statement.Then.BREAK : Statement.Then.CONTINUE);
            }
            // marks what a model has said, for training
            case "generation" -> {
                end();
                yield body("endgeneration");
            }
            default -> throw in.failure("there is no block " + name + " here; before");
        };
    }

    private void end() {
        in.next(Kind.BLOCK_END);
    }

    private Statement body(String close) {
        var body = until(Set.of(close));
        in.name(close);
        end();
        return body;
    }

    private Statement condition() {
        var condition = expressions.tuple(true);
        end();
        var then = until(Set.of("elif", "else", "endif"));
        String next = in.next().text();
        if (next.equals("elif")) {
            return new Statement.If(condition, then, condition());
        }
        end();
        return new Statement.If(condition, then, next.equals("else") ? body("endif") : NOTHING);
    }

    private Statement loop() {
        var target = target(false);
        in.name("in");
        var over = expressions.tuple(false);
        var condition = in.takeName("if") ? expressions.expression() : null;
        if (in.peek().isName("recursive")) {
            throw in.failure("loops that call themselves are not known");
        }
        end();
        var body = until(Set.of("else", "endfor"));
        boolean otherwise = in.next().text().equals("else");
        end();
        return new Statement.For(target, over, condition, body, otherwise ? body("endfor") : NOTHING);
    }

    private Target target(boolean mayBeMember) {
        boolean bracket = in.takeOperator("(");
        var names = new ArrayList<String>();
        do {
            names.add(in.next(Kind.NAME).text());
        } while (in.takeOperator(","));
        if (bracket) {
            in.operator(")");
        }
        String member = null;
        if (mayBeMember && names.size() == 1 && in.takeOperator(".")) {
            member = in.next(Kind.NAME).text();
        }
        return new Target(names, member);
    }

    private Statement set() {
        var target = target(true);
        if (in.takeOperator("=")) {
            var value = expressions.tuple(true);
            end();
            return new Statement.Set(target, value);
        }
        var filters = in.takeOperator("|") ? filters() : List.<Applied>of();
        end();
        return new Statement.SetBlock(target, body("endset"), filters);
    }

    private List<Applied> filters() {
        var all = new ArrayList<Applied>();
        do {
            var filter = expressions.filter(in.next(Kind.NAME).text());
            all.add(new Applied(filter, expressions.givenIfAny()));
        } while (in.takeOperator("|"));
        return all;
    }

    private Statement filter() {
        var filters = filters();
        end();
        return new Statement.FilterBlock(body("endfilter"), filters);
    }

    private Statement with() {
        var targets = new ArrayList<Target>();
        var values = new ArrayList<Expression>();
        while (in.peek().kind() != Kind.BLOCK_END) {
            targets.add(new Target(List.of(in.next(Kind.NAME).text()), null));
            in.operator("=");
            values.add(expressions.expression());
            if (!in.takeOperator(",")) {
                break;
            }
        }
        end();
        return new Statement.With(targets, values, body("endwith"));
    }

    private Statement macro() {
        String name = in.next(Kind.NAME).text();
        var names = new ArrayList<String>();
        var defaults = new ArrayList<@Nullable Expression>();
        in.operator("(");
        while (!in.takeOperator(")")) {
            names.add(in.next(Kind.NAME).text());
            defaults.add(in.takeOperator("=") ? expressions.expression() : null);
            if (!in.peek().isOperator(")")) {
                in.operator(",");
            }
        }
        end();
        return new Statement.Macro(name, names, defaults, body("endmacro"));
    }

    private Statement call() {
        var parameters = new ArrayList<String>();
        if (in.takeOperator("(")) {
            while (!in.takeOperator(")")) {
                parameters.add(in.next(Kind.NAME).text());
                in.takeOperator(",");
            }
        }
        if (!(expressions.expression() instanceof Expression.Call call)) {
            throw in.failure("expected a call before");
        }
        end();
        return new Statement.CallBlock(call, parameters, body("endcall"));
    }
}
