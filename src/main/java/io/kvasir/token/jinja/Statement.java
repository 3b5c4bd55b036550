package io.kvasir.token.jinja;

import io.kvasir.token.jinja.Expression.Given;
import io.kvasir.token.jinja.Run.Scope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is done in the order of the template. */
sealed interface Statement {
    /** What comes after a statement. */
    enum Then {
        GO_ON,
        BREAK,
        CONTINUE
    }

    Then run(Run run, Scope scope);

    record Block(List<Statement> all) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            for (Statement each : all) {
                var then = each.run(run, scope);
                if (then != Then.GO_ON) {
                    return then;
                }
            }
            return Then.GO_ON;
        }
    }

    record Text(String text) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            run.write(text);
            return Then.GO_ON;
        }
    }

    record Print(Expression what) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            run.step();
            what.write(run, scope);
            return Then.GO_ON;
        }
    }

    record Do(Expression what) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            var _ = what.value(run, scope);
            return Then.GO_ON;
        }
    }

    record Jump(Then to) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            return to;
        }
    }

    record If(Expression condition, Statement then, Statement otherwise) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            run.step();
            return (Python.isTrue(condition.value(run, scope)) ? then : otherwise).run(run, scope);
        }
    }

    /** Where a value goes: a name, a member of a namespace, or several names. */
    record Target(List<String> names, @Nullable String member) {
        void set(Object value, Scope scope) {
            if (member != null) {
                if (scope.get(names.getFirst()) instanceof Namespace namespace) {
                    namespace.put(member, value);
                    return;
                }
                throw new TemplateException(names.getFirst() + " is no namespace");
            }
            if (names.size() == 1) {
                scope.set(names.getFirst(), value);
                return;
            }
            var parts = Python.items(value);
            if (parts.size() != names.size()) {
                throw new TemplateException(parts.size() + " values are set to " + names.size() + " names");
            }
            for (int i = 0; i < names.size(); i++) {
                scope.set(names.get(i), parts.get(i));
            }
        }
    }

    record Set(Target target, Expression value) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            run.step();
            target.set(value.value(run, scope), scope);
            return Then.GO_ON;
        }
    }

    /** A name set to what a body writes, maybe filtered. */
    record SetBlock(Target target, Statement body, List<Applied> filters) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            target.set(Applied.all(filters, run, scope, body), scope);
            return Then.GO_ON;
        }
    }

    record FilterBlock(Statement body, List<Applied> filters) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            run.write(Python.text(Applied.all(filters, run, scope, body)));
            return Then.GO_ON;
        }
    }

    record Applied(Filters.Filter filter, Given given) {
        static Object all(List<Applied> filters, Run run, Scope scope, Statement body) {
            var inner = scope.inner();
            Object value = run.captured(() -> body.run(run, inner));
            for (Applied each : filters) {
                value = each.filter.apply(run, value, each.given.arguments(run, scope));
            }
            return value;
        }
    }

    record With(List<Target> targets, List<Expression> values, Statement body) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            var inner = scope.inner();
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).set(values.get(i).value(run, scope), inner);
            }
            return body.run(run, inner);
        }
    }

    record For(Target target, Expression over, @Nullable Expression condition, Statement body, Statement otherwise)
            implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            List<?> items = Python.items(over.value(run, scope));
            if (condition != null) {
                var some = new ArrayList<Object>();
                for (Object item : items) {
                    run.step();
                    var inner = scope.inner();
                    target.set(item, inner);
                    if (Python.isTrue(condition.value(run, inner))) {
                        some.add(item);
                    }
                }
                items = some;
            }
            if (items.isEmpty()) {
                return otherwise.run(run, scope.inner());
            }
            var loop = new Loop(items);
            for (int i = 0; i < items.size(); i++) {
                run.step();
                loop.at(i);
                var inner = scope.inner();
                inner.set("loop", loop);
                target.set(items.get(i), inner);
                if (body.run(run, inner) == Then.BREAK) {
                    break;
                }
            }
            return Then.GO_ON;
        }
    }

    record Macro(String name, List<String> parameters, List<@Nullable Expression> defaults, Statement body)
            implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            scope.set(name, (Callable) (caller, given) -> call(caller, given, scope));
            return Then.GO_ON;
        }

        private Object call(Run run, Arguments given, Scope scope) {
            if (given.count() > parameters.size()) {
                throw new TemplateException("macro " + name + " has " + parameters.size() + " parameters");
            }
            var inner = scope.inner();
            for (int i = 0; i < parameters.size(); i++) {
                var value = given.find(i, parameters.get(i));
                var standard = defaults.get(i);
                inner.set(
                        parameters.get(i),
                        value != null ? value : standard == null ? Nothing.UNDEFINED : standard.value(run, inner));
            }
            var caller = given.named().get("caller");
            if (caller != null) {
                inner.set("caller", caller);
            }
            run.enter();
            try {
                return run.captured(() -> body.run(run, inner));
            } finally {
                run.leave();
            }
        }
    }

    /** {@code call}: a macro that can have the body written. */
    record CallBlock(Expression.Call call, List<String> parameters, Statement body) implements Statement {
        @Override
        public Then run(Run run, Scope scope) {
            if (!(call.of().value(run, scope) instanceof Callable macro)) {
                throw new TemplateException("what is called is no macro");
            }
            var given = call.given().arguments(run, scope);
            var named = new java.util.LinkedHashMap<>(given.named());
            named.put("caller", (Callable) (caller, values) -> {
                var inner = scope.inner();
                for (int i = 0; i < parameters.size(); i++) {
                    inner.set(parameters.get(i), values.get(i, parameters.get(i), Nothing.UNDEFINED));
                }
                return caller.captured(() -> body.run(caller, inner));
            });
            run.write(Python.text(macro.call(run, new Arguments(given.positional(), named))));
            return Then.GO_ON;
        }
    }
}
