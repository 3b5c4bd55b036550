package io.kvasir.token;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.token.jinja.JinjaTemplate;
import io.kvasir.token.jinja.Nothing;
import io.kvasir.token.jinja.TemplateException;
import java.io.IOException;
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
    }

    private static String render(String template) {
        return JinjaTemplate.parse(template).render(Map.of(), MOST);
    }
}
