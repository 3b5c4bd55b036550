package io.kvasir.token.jinja;

import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A chat template, read once and rendered for every prompt, from any thread. Renders what Jinja 2 renders in the environment
 * that engines use; see the package.
 */
public final class JinjaTemplate {
    private static final int MOST_SOURCE = 1 << 20;
    private static final int EXPECTED = 256;
    private static final int MOST_RANGE = 1 << 16;
    /** A template that looks at each of ten thousand messages a hundred times takes fewer. */
    private static final int MOST_STEPS = 1 << 22;

    private final Statement template;

    private JinjaTemplate(Statement template) {
        this.template = template;
    }

    /**
     * Reads a template.
     *
     * @throws TemplateException where it is none, or has something in it that is not known here
     */
    public static JinjaTemplate parse(String source) {
        if (source.length() > MOST_SOURCE) {
            throw new TemplateException(
                    "a template of " + source.length() + " characters is longer than " + MOST_SOURCE);
        }
        try {
            return new JinjaTemplate(new StatementParser(new TokenReader(Lexer.tokens(source))).template());
        } catch (TemplateException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            throw new TemplateException("it cannot be read: " + e);
        }
    }

    /**
     * The prompt.
     *
     * @param variables by name; values as the package says
     * @param most characters that it may have
     * @throws TemplateException where the template refuses, or cannot do what it says
     */
    public String render(Map<String, Object> variables, int most) {
        return render(variables, most, EXPECTED);
    }

    /**
     * As the other.
     *
     * @param expected characters that it will have, about
     */
    public String render(Map<String, Object> variables, int most, int expected) {
        var run = new Run(most, expected, MOST_STEPS);
        var globals = new Run.Scope();
        globals.set("range", (Callable) (_, given) -> range(given));
        globals.set("namespace", (Callable) (_, given) -> namespace(given));
        globals.set("dict", (Callable) (_, given) -> new java.util.LinkedHashMap<>(given.named()));
        globals.set("raise_exception", (Callable) (_, given) -> {
            throw new TemplateException("the template refuses: " + Python.text(given.get(0, "message")));
        });
        globals.set("strftime_now", (Callable)
                (_, given) -> DateFormat.format(given.text(0, "format"), ZonedDateTime.now(ZoneId.systemDefault())));
        var scope = globals.inner();
        variables.forEach(scope::set);
        try {
            var _ = template.run(run, scope);
        } catch (TemplateException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            throw new TemplateException("the prompt cannot be rendered: " + e);
        }
        return run.written();
    }

    private static Object range(Arguments given) {
        int start = given.count() < 2 ? 0 : Python.index(given.positional().get(0));
        int end = Python.index(given.positional().get(given.count() < 2 ? 0 : 1));
        int step = given.count() < 3 ? 1 : Python.index(given.positional().get(2));
        if (step == 0 || Math.abs(((long) end - start) / step) > MOST_RANGE) {
            throw new TemplateException("a range is too long");
        }
        var all = new ArrayList<Object>();
        for (int i = start; step > 0 ? i < end : i > end; i += step) {
            all.add((long) i);
        }
        return List.copyOf(all);
    }

    private static Object namespace(Arguments given) {
        var namespace = new Namespace();
        for (Object each : given.positional()) {
            if (each instanceof Map<?, ?> map) {
                map.forEach((key, value) -> namespace.put(Python.text(key), value));
            }
        }
        namespace.putAll(given.named());
        return namespace;
    }
}
