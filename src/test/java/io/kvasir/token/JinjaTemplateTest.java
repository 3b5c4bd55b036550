package io.kvasir.token;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.token.jinja.JinjaTemplate;
import io.kvasir.token.jinja.Nothing;
import io.kvasir.token.jinja.TemplateException;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Templates beside what Jinja 2 (3.1.6, in Python, in the environment of Hugging Face transformers) makes of the same. */
class JinjaTemplateTest {
    private static final int MOST = 1 << 20;
    private static final Map<String, Object> RECORDED = recorded();

    static Map<String, Object> recorded() {
        try (var in = JinjaTemplateTest.class.getResourceAsStream("/token/jinja.json")) {
            return JsonTree.members(JsonTree.parse(requireNonNull(in).readAllBytes()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(Map<String, Object> members, String name) {
        return (String) requireNonNull(members.get(name));
    }

    @TestFactory
    Stream<DynamicTest> theLanguageMeansWhatItMeansToPython() {
        var language = JsonTree.members(RECORDED.get("language"));
        var variables = JsonTree.members(language.get("variables"));
        return JsonTree.elements(language.get("cases")).stream()
                .map(JsonTree::members)
                .map(each -> {
                    String template = text(each, "template");
                    return DynamicTest.dynamicTest(
                            template,
                            () -> assertThat(JinjaTemplate.parse(template).render(variables, MOST))
                                    .isEqualTo(each.get("expected")));
                });
    }

    /** None is moved again for those before it. */
    @Test
    void aLongTextIsSplitFromItsEndToo() {
        int many = 1_000_000;
        var texts = Map.<String, Object>of("s", "x".repeat(many));
        assertThat(JinjaTemplate.parse("{{ s.rsplit('x') | length }}").render(texts, MOST))
                .isEqualTo(String.valueOf(many + 1));
        assertThat(JinjaTemplate.parse("{{ 'a-b-c'.rsplit('-') }}").render(Map.of(), MOST))
                .isEqualTo("['a', 'b', 'c']");
        assertThat(JinjaTemplate.parse("{{ 'a-b-c'.rsplit('-', 1) }}").render(Map.of(), MOST))
                .isEqualTo("['a-b', 'c']");
    }

    @TestFactory
    Stream<DynamicTest> chatsAreRenderedAsPythonRendersThem() {
        var templates = JsonTree.members(RECORDED.get("templates"));
        var conversations = JsonTree.members(RECORDED.get("conversations"));
        return JsonTree.elements(RECORDED.get("chats")).stream()
                .map(JsonTree::members)
                .map(each -> {
                    String name = each.get("template") + ": " + each.get("conversation") + " "
                            + (Boolean.TRUE.equals(each.get("tools")) ? "with tools " : "") + each.get("extra");
                    return DynamicTest.dynamicTest(name, () -> {
                        var variables = new HashMap<String, Object>(JsonTree.members(each.get("extra")));
                        variables.put("messages", requireNonNull(conversations.get(text(each, "conversation"))));
                        variables.put(
                                "tools",
                                Boolean.TRUE.equals(each.get("tools"))
                                        ? List.of(requireNonNull(RECORDED.get("tool")))
                                        : Nothing.NONE);
                        variables.put("documents", Nothing.NONE);
                        variables.put("add_generation_prompt", true);
                        variables.put("bos_token", "<|begin_of_text|>");
                        var template = JinjaTemplate.parse(text(templates, text(each, "template")));
                        assertThat(template.render(variables, MOST)).isEqualTo(each.get("expected"));
                    });
                });
    }

    @Test
    void whatIsNotKnownIsToldWhenATemplateIsRead() {
        assertThatThrownBy(() -> JinjaTemplate.parse("a\n{{ x | nonesuch }}"))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining("line 2: there is no filter nonesuch here");
        assertThatThrownBy(() -> JinjaTemplate.parse("{% include 'x' %}")).hasMessageContaining("no block include");
        assertThatThrownBy(() -> JinjaTemplate.parse("{% if x %}")).hasMessageContaining("does not end");
        assertThatThrownBy(() -> JinjaTemplate.parse("{{ x ")).hasMessageContaining("}} is missing");
        assertThatThrownBy(() -> JinjaTemplate.parse("{{ x is nonesuch }}")).hasMessageContaining("no test nonesuch");
    }

    @Test
    void aTemplateCanRefuseAPrompt() {
        assertThatThrownBy(() -> render("{{ raise_exception('no tools') }}")).hasMessageContaining("no tools");
        assertThatThrownBy(() -> render("{{ missing.member }}")).hasMessageContaining("undefined");
        assertThatThrownBy(() -> render("{{ 1 + 'a' }}")).hasMessageContaining("int + str");
        assertThatThrownBy(() -> render("{{ [].append(1) }}")).hasMessageContaining("cannot be changed");
    }

    @Test
    void noTemplateTakesMoreThanItsBounds() {
        assertThatThrownBy(() -> JinjaTemplate.parse("{% for a in range(99) %}x{% endfor %}")
                        .render(Map.of(), 98))
                .hasMessageContaining("longer than 98");
        assertThatThrownBy(() -> render("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"))
                .hasMessageContaining("too many steps");
        assertThatThrownBy(() -> render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"))
                .hasMessageContaining("too deep");
        assertThatThrownBy(() -> render("{{ 'a' * 9999999 }}")).hasMessageContaining("too often");
        String doubling =
                "{% set n = namespace(x=START) %}{% for i in range(40) %}{% set n.x = n.x OP n.x %}{% endfor %}";
        for (String[] each : new String[][] {{"'aa'", "~"}, {"'aa'", "+"}, {"[1, 2]", "+"}}) {
            assertThatThrownBy(() -> render(doubling.replace("START", each[0]).replace("OP", each[1])))
                    .hasMessageContaining("longer than");
        }
        assertThatThrownBy(() -> render("{% for a in range(9999) %}{{ range(60000) | length }}{% endfor %}"))
                .hasMessageContaining("too many steps");
        assertThatThrownBy(() -> render("{% set t = 'a' * 1000000 %}{% for a in range(9999) %}{% set b = t.upper() %}"
                        + "{% endfor %}"))
                .hasMessageContaining("too many steps");
        assertThatThrownBy(() -> render("{{ 1 | tojson(indent=1000000000) }}")).hasMessageContaining("an indent");
        assertThatThrownBy(() -> render("{{ 'a' | indent(1000000000) }}")).hasMessageContaining("an indent");
        assertThatThrownBy(() -> render("{% for c in 'a' * 100000 %}{% endfor %}"))
                .hasMessageContaining("gone over");
    }

    @Test
    void jsonOfManyThingsDeepInEachOtherIsBounded() {
        Object deep = List.of(Collections.nCopies(1_000, 1L));
        for (int i = 0; i < 100; i++) {
            deep = List.of(deep);
        }
        var variables = Map.of("x", deep);
        assertThatThrownBy(
                        () -> JinjaTemplate.parse("{{ x | tojson(indent=4) }}").render(variables, 100_000))
                .hasMessageContaining("longer than 100000");
        assertThat(JinjaTemplate.parse("{{ x | tojson }}").render(variables, 100_000))
                .hasSize(3_202);
    }

    @Test
    void whateverIsWrongWithATemplateIsToldAsSuch() {
        for (String bad : List.of(
                "{{ '\\xzz' }}",
                "{{ 99999999999999999999 }}",
                "{{ " + "not ".repeat(100_000) + "x }}",
                "{% if x %}" + "{% elif x %}".repeat(100_000) + "{% endif %}")) {
            assertThatThrownBy(() -> JinjaTemplate.parse(bad)).isInstanceOf(TemplateException.class);
        }
        for (String bad : List.of(
                "{{ 4 is divisibleby(0) }}",
                "{% for a in [1] %}{{ loop.cycle() }}{% endfor %}",
                "{{ {'a': 1, 2: 3} | tojson(sort_keys=true) }}")) {
            assertThatThrownBy(() -> render(bad)).isInstanceOf(TemplateException.class);
        }
    }

    @Test
    void whatWouldBePassedOverIsRefused() {
        for (String unknown : List.of(
                "{{ {'b': 1, 'a': 2} | dictsort(by='value') }}",
                "{{ [1, 2] | sum(start=3) }}",
                "{{ [{'a': 1}] | max(attribute='a') }}",
                "{{ [{'a': 1}] | unique(attribute='a') }}",
                "{{ 'ff' | int(0, 16) }}",
                "{{ [1] | tojson(4) }}",
                "{{ 'a\n' | string | default('x', true, 1) }}",
                "{{ 'a'.splitlines(true) }}",
                "{% for a in [1] %}{{ loop.depth0 }}{% endfor %}")) {
            assertThatThrownBy(() -> render(unknown)).as(unknown).isInstanceOf(TemplateException.class);
        }
        assertThatThrownBy(() -> JinjaTemplate.parse("{% macro f() %}{{ varargs }}{% endmacro %}"))
                .hasMessageContaining("no varargs");
        var big = Map.<String, Object>of("n", new BigInteger("99999999999999999999"), "s", "a\u2028b\u000bc\r\nd\n");
        assertThatThrownBy(() -> JinjaTemplate.parse("{{ n + 1 }}").render(big, MOST))
                .hasMessageContaining("64 bits");
        assertThat(JinjaTemplate.parse("{{ n }} {{ s.splitlines() | join('|') }} {{ ''.splitlines() }}")
                        .render(big, MOST))
                .isEqualTo("99999999999999999999 a|b|c|d []");
    }

    private static String render(String template) {
        return JinjaTemplate.parse(template).render(Map.of(), MOST);
    }
}
