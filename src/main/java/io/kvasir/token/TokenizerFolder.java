package io.kvasir.token;

import io.kvasir.token.jinja.TemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a model is published with: {@code tokenizer.json}, and beside it {@code tokenizer_config.json} and
 * {@code chat_template.jinja}.
 */
final class TokenizerFolder {
    private static final String[] SPECIALS = {
        "bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"
    };

    private TokenizerFolder() {}

    /**
     * The tokenizer of a folder, or of the {@code tokenizer.json} in one.
     *
     * @param notes told in words what of it cannot be used
     * @throws IOException where a file cannot be read
     * @throws IllegalArgumentException where it is no tokenizer
     * @throws NativeTokenizer.UnavailableException where none can run on this machine
     */
    static ModelTokenizer load(Path path, TokenCache cache, Consumer<String> notes) throws IOException {
        Path file = Files.isDirectory(path) ? path.resolve("tokenizer.json") : path;
        Path folder = file.toAbsolutePath().getParent();
        String json = Files.readString(file);
        var read = JsonTree.parse(json, Set.of("added_tokens", "version", "normalizer", "pre_tokenizer"));
        if (!read.containsKey("added_tokens")) {
            throw new IllegalArgumentException("no tokenizer: it has no added_tokens");
        }
        var added = new HashMap<String, Integer>();
        for (Object each : JsonTree.elements(read.get("added_tokens"))) {
            var token = JsonTree.members(each);
            if (token.get("content") instanceof String text && token.get("id") instanceof Long id) {
                added.put(text, id.intValue());
            }
        }
        TextTokenizer whole = new NativeTokenizer(json);
        var pieces = new PieceTokenizer(WordEdges.areOf(read) ? new WordTokenizer(whole) : whole, added, cache);
        if (!pieces.fallsApart()) {
            notes.accept("its tokens reach over special ones: each prompt is tokenised whole");
        }
        return new ModelTokenizer(pieces, folder == null ? null : template(folder, notes));
    }

    private static @Nullable ChatTemplate template(Path folder, Consumer<String> notes) throws IOException {
        Path config = folder.resolve("tokenizer_config.json");
        Map<String, Object> members =
                Files.exists(config) ? JsonTree.members(JsonTree.parse(Files.readString(config))) : Map.of();
        String plain = null;
        String withTools = null;
        Path own = folder.resolve("chat_template.jinja");
        if (Files.exists(own)) {
            plain = Files.readString(own);
        } else if (members.get("chat_template") instanceof String text) {
            plain = text;
        } else {
            for (Object each : JsonTree.elements(members.get("chat_template"))) {
                var named = JsonTree.members(each);
                String text = String.valueOf(named.get("template"));
                plain = "default".equals(named.get("name")) ? text : plain;
                withTools = "tool_use".equals(named.get("name")) ? text : withTools;
            }
        }
        if (plain == null) {
            notes.accept("it has no chat template: of chats the engine is asked");
            return null;
        }
        try {
            return new ChatTemplate(plain, withTools, specials(members));
        } catch (TemplateException e) {
            notes.accept("its chat template is not understood (" + e.getMessage() + "): of chats the engine is asked");
            return null;
        }
    }

    private static Map<String, Object> specials(Map<String, Object> config) {
        var all = new HashMap<String, Object>();
        for (String name : SPECIALS) {
            var token = config.get(name);
            if (token instanceof String text) {
                all.put(name, text);
            } else if (JsonTree.members(token).get("content") instanceof String text) {
                all.put(name, text);
            }
        }
        return all;
    }
}
