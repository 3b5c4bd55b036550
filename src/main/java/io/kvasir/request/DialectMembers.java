package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.kvasir.request.MemberRule.BlockText;
import io.kvasir.request.MemberRule.Content;
import io.kvasir.request.MemberRule.Inputs;
import io.kvasir.request.MemberRule.Messages;
import io.kvasir.request.MemberRule.Nested;
import io.kvasir.request.MemberRule.Noted;
import io.kvasir.request.MemberRule.Prompts;
import io.kvasir.request.MemberRule.Raw;
import io.kvasir.request.MemberRule.SystemPrompt;
import io.kvasir.request.MemberRule.Text;
import io.kvasir.request.MemberRule.ToolMember;
import io.kvasir.request.MemberRule.Tools;
import io.kvasir.request.PromptSink.Part;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** Which members of a body mean what, by dialect. Names as OpenAI, Anthropic, vLLM and SGLang document them. */
final class DialectMembers {
    private static final MemberRule PREAMBLE = new Raw(Part.PREAMBLE);
    private static final MemberRule TOOL = new Raw(Part.TOOL_CALL);
    private static final MemberRule MEDIA = new Raw(Part.MEDIA);
    private static final MemberRule TEXT = new Text(Part.TEXT);

    /** What says how hard to think, in whatever object a dialect keeps it. */
    private static final MemberRule EFFORT = new Nested(new MemberTable(Map.of("effort", PREAMBLE)), null);

    /** Members of a message, and of the other items that a Responses input is made of. */
    static final MemberTable MESSAGE = new MemberTable(Map.ofEntries(
            Map.entry("role", new Text(Part.ROLE)),
            Map.entry("content", new Content()),
            Map.entry("reasoning", TEXT),
            Map.entry("reasoning_content", TEXT),
            Map.entry("refusal", TEXT),
            Map.entry("name", TOOL),
            Map.entry("tool_calls", TOOL),
            Map.entry("tool_call_id", TOOL),
            Map.entry("function_call", TOOL),
            Map.entry("call_id", TOOL),
            Map.entry("arguments", TOOL),
            Map.entry("input", TOOL),
            Map.entry("output", new Content())));

    /** Members of a block of a system prompt. */
    static final MemberTable SYSTEM_BLOCK = new MemberTable(Map.of("text", new BlockText()));

    /** Members of a tool that are not told as they stand. */
    static final MemberTable TOOL_MEMBERS = new MemberTable(Map.of(
            "cache_control",
            ToolMember.DROPPED,
            "type",
            ToolMember.DROPPED,
            "strict",
            ToolMember.DROPPED,
            "function",
            ToolMember.FUNCTION,
            "input_schema",
            ToolMember.SCHEMA));

    /** Members of an entry of a message's content list. */
    static final MemberTable CONTENT_PART = new MemberTable(Map.ofEntries(
            Map.entry("text", TEXT),
            Map.entry("refusal", TEXT),
            Map.entry("thinking", TEXT),
            Map.entry("image_url", MEDIA),
            Map.entry("image", MEDIA),
            Map.entry("image_pil", MEDIA),
            Map.entry("image_embeds", MEDIA),
            Map.entry("input_audio", MEDIA),
            Map.entry("audio_url", MEDIA),
            Map.entry("video_url", MEDIA),
            Map.entry("video", MEDIA),
            Map.entry("file", MEDIA),
            Map.entry("file_id", MEDIA),
            Map.entry("file_data", MEDIA),
            Map.entry("file_url", MEDIA),
            Map.entry("source", MEDIA),
            Map.entry("name", TOOL),
            Map.entry("input", TOOL),
            Map.entry("tool_use_id", TOOL),
            Map.entry("content", new Content())));

    private static final Map<Dialect, MemberTable> ROOTS = new EnumMap<>(Dialect.class);

    static {
        for (Dialect dialect : Dialect.values()) {
            ROOTS.put(dialect, table(dialect));
        }
    }

    private DialectMembers() {}

    /** The top-level members of a dialect. */
    static MemberTable root(Dialect dialect) {
        return requireNonNull(ROOTS.get(dialect));
    }

    /** Whether a dialect keeps a field under its own name at the top level. */
    static boolean isTopLevel(Dialect dialect, BodyField field) {
        byte[] name = field.memberName().getBytes(UTF_8);
        var rule = root(dialect).find(name, name.length);
        return rule instanceof Noted noted
                ? noted.field() == field
                : rule instanceof Nested nested && nested.field() == field;
    }

    private static MemberTable table(Dialect dialect) {
        var members = new HashMap<String, MemberRule>();
        note(
                members,
                BodyField.MODEL,
                BodyField.STREAM,
                BodyField.CACHE_SALT,
                BodyField.SESSION_ID,
                BodyField.REQUEST_ID,
                BodyField.PRIORITY,
                BodyField.KV_TRANSFER_PARAMS);
        members.put("stream_options", new Nested(table(BodyField.INCLUDE_USAGE), BodyField.STREAM_OPTIONS));
        if (dialect != Dialect.MESSAGES) {
            note(members, BodyField.USER);
        }
        switch (dialect) {
            case CHAT_COMPLETIONS -> {
                sampling(members);
                note(members, BodyField.MAX_COMPLETION_TOKENS, BodyField.PROMPT_CACHE_KEY);
                members.put("messages", new Messages(false));
                members.put("tools", new Tools());
                preamble(
                        members, "functions", "documents", "reasoning_effort", "chat_template", "chat_template_kwargs");
            }
            case COMPLETIONS -> {
                sampling(members);
                note(members, BodyField.PROMPT_CACHE_KEY);
                members.put("prompt", new Prompts());
            }
            case RESPONSES -> {
                note(members, BodyField.MAX_OUTPUT_TOKENS, BodyField.PREVIOUS_RESPONSE_ID, BodyField.PROMPT_CACHE_KEY);
                members.put(
                        "conversation",
                        new Nested(
                                new MemberTable(Map.of("id", new Noted(BodyField.CONVERSATION))),
                                BodyField.CONVERSATION));
                members.put("input", new Messages(true));
                members.put("instructions", new SystemPrompt());
                members.put("tools", new Tools());
                members.put("reasoning", EFFORT);
            }
            case EMBEDDINGS -> {
                note(members, BodyField.TRUNCATE_PROMPT_TOKENS);
                members.put("input", new Prompts());
                members.put("messages", new Messages(false));
            }
            case MESSAGES -> {
                note(members, BodyField.MAX_TOKENS);
                members.put("messages", new Messages(false));
                members.put("system", new SystemPrompt());
                members.put("tools", new Tools());
                members.put("output_config", EFFORT);
                members.put(
                        "metadata", new Nested(new MemberTable(Map.of("user_id", new Noted(BodyField.USER))), null));
                preamble(members, "chat_template_kwargs");
            }
            case GENERATE -> {
                var sampling = new HashMap<String, MemberRule>();
                sampling(sampling);
                members.put("sampling_params", new Nested(new MemberTable(sampling), null));
                members.put("token_ids", new Prompts());
            }
            case SCORING -> {
                for (String name :
                        new String[] {"query", "documents", "text_1", "text_2", "data_1", "data_2", "queries", "items"
                        }) {
                    members.put(name, new Inputs());
                }
            }
            case MODEL_ONLY, PASSTHROUGH -> {
                sampling(members);
                note(members, BodyField.INPUT_FILE_ID);
            }
        }
        return new MemberTable(members);
    }

    private static void sampling(Map<String, MemberRule> members) {
        note(
                members,
                BodyField.MAX_TOKENS,
                BodyField.MIN_TOKENS,
                BodyField.N,
                BodyField.BEST_OF,
                BodyField.BEAM_WIDTH,
                BodyField.USE_BEAM_SEARCH,
                BodyField.IGNORE_EOS,
                BodyField.TRUNCATE_PROMPT_TOKENS);
    }

    private static void preamble(Map<String, MemberRule> members, String... names) {
        for (String name : names) {
            members.put(name, PREAMBLE);
        }
    }

    private static void note(Map<String, MemberRule> members, BodyField... fields) {
        for (BodyField field : fields) {
            members.put(field.memberName(), new Noted(field));
        }
    }

    private static MemberTable table(BodyField... fields) {
        var members = new HashMap<String, MemberRule>();
        note(members, fields);
        return new MemberTable(members);
    }
}
