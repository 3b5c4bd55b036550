package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/** Makes valid bodies of every dialect: all kinds of values, escapes, white space and members that mean nothing. */
final class RandomBodies {
    private static final String[] WORDS = {
        "the ",
        "cache ",
        "of ",
        "tokens ",
        "0x1F",
        "def f(x):",
        "é",
        "ü",
        "ß",
        "漢字",
        "かな",
        "😀",
        "\u2028",
        "\u007f",
        "~"
    };
    private static final String[] ESCAPES = {
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b",
        "\\f",
        "\\r",
        "\\t",
        "\\u0041",
        "\\u00e9",
        "\\u0000",
        "\\u6F22",
        "\\ud83d\\ude00",
        "\\uD83D",
        "\\udE00",
        "\\ud83d\\ud83d\\ude00",
        "\\ud83d\\n",
        "\\ud83dx"
    };
    private static final String[] NUMBERS = {
        "0", "-0", "7", "42", "-1", "1.5", "0.25e-3", "1E+5", "2e9", "123456789012345678901"
    };

    private final RandomGenerator random;

    RandomBodies(RandomGenerator random) {
        this.random = random;
    }

    static byte[] object(List<String> members) {
        return ("{" + String.join(",", members) + "}").getBytes(UTF_8);
    }

    /** Members with different names, in random order. */
    List<String> members(Dialect dialect) {
        var members = new ArrayList<String>();
        for (String name :
                new String[] {"model", "user", "cache_salt", "session_id", "request_id", "previous_response_id"}) {
            maybe(members, name, random.nextInt(5) == 0 ? scalar() : string(20));
        }
        for (String name : new String[] {
            "max_tokens", "max_completion_tokens", "max_output_tokens", "min_tokens", "n", "best_of", "priority"
        }) {
            maybe(members, name, random.nextInt(4) == 0 ? scalar() : Integer.toString(random.nextInt(2000)));
        }
        maybe(members, "stream", random.nextBoolean() ? "true" : scalar());
        maybe(members, "ignore_eos", random.nextBoolean() ? "true" : scalar());
        maybe(members, "stream_options", "{\"include_usage\":true" + space() + "}");
        maybe(members, "sampling_params", "{\"max_tokens\":5,\"temperature\":0.5}");
        maybe(members, "metadata", "{\"user_id\":" + string(8) + ",\"x\":" + value(2) + "}");
        maybe(members, "kv_transfer_params", value(2));
        maybe(members, "tools", random.nextBoolean() ? value(3) : list(random.nextInt(4), this::tool));
        maybe(members, "documents", value(1));
        maybe(members, "system", random.nextBoolean() ? string(40) : list(random.nextInt(4), this::systemBlock));
        maybe(members, "instructions", string(40));
        maybe(members, "reasoning", "{\"effort\":" + scalar() + ",\"summary\":\"auto\"}");
        maybe(members, "truncate_prompt_tokens", Integer.toString(random.nextInt(2000) - 1));
        maybe(members, "reasoning_effort", scalar());
        for (int i = random.nextInt(4); i > 0; i--) {
            members.add(member("unknown" + i, value(4)));
        }
        switch (dialect) {
            case CHAT_COMPLETIONS, MESSAGES -> members.add(member("messages", messages()));
            case RESPONSES -> members.add(member("input", random.nextBoolean() ? messages() : string(200)));
            case EMBEDDINGS -> members.add(member("input", prompt()));
            case SCORING -> {
                members.add(member("query", string(100)));
                members.add(member("documents", prompt()));
            }
            case GENERATE -> members.add(member("token_ids", tokens()));
            case COMPLETIONS, MODEL_ONLY, PASSTHROUGH -> members.add(member("prompt", prompt()));
        }
        Collections.shuffle(members, java.util.Random.from(random));
        return members;
    }

    private void maybe(List<String> members, String name, String value) {
        if (random.nextInt(3) == 0) {
            members.add(member(name, value));
        }
    }

    private String member(String name, String value) {
        String written =
                random.nextInt(10) == 0 ? String.format("\\u%04x", (int) name.charAt(0)) + name.substring(1) : name;
        return space() + "\"" + written + "\"" + space() + ":" + space() + value + space();
    }

    private String messages() {
        return list(random.nextInt(5), () -> "{" + String.join(",", shuffled(messageMembers())) + "}");
    }

    private List<String> messageMembers() {
        var members = new ArrayList<String>();
        members.add(member("role", random.nextInt(8) == 0 ? scalar() : "\"user\""));
        members.add(member(
                "content",
                switch (random.nextInt(5)) {
                    case 0 -> "null";
                    case 1 -> list(random.nextInt(4), this::contentPart);
                    default -> string(300);
                }));
        maybe(members, "tool_calls", value(3));
        maybe(members, "tool_call_id", string(10));
        maybe(members, "reasoning_content", string(50));
        maybe(members, "other", value(3));
        return members;
    }

    private String tool() {
        var members = new ArrayList<String>();
        members.add(member("name", string(8)));
        maybe(members, "function", "{\"function\":7}");
        members.add(member("input_schema", value(3)));
        maybe(members, "cache_control", "{\"type\":\"ephemeral\"}");
        maybe(members, "strict", scalar());
        String tool = "{" + space() + String.join(",", shuffled(members)) + "}";
        return switch (random.nextInt(8)) {
            case 0 -> value(2);
            case 1 -> "{\"function\":" + scalar() + ",\"x\":" + value(2) + "}";
            case 2, 3, 4 -> "{" + member("type", "\"function\"") + "," + member("function", tool) + "}";
            default -> tool;
        };
    }

    private String systemBlock() {
        String text = switch (random.nextInt(4)) {
            case 0 -> "\"x-anthropic-billing-header: cc_version=2.1; cch=" + random.nextInt(100_000) + ";\"";
            case 1 ->
                "\"" + "x-anthropic-billing-header".substring(0, random.nextInt(26))
                        + string(9).substring(1);
            default -> string(60);
        };
        var members = new ArrayList<>(List.of(member("type", "\"text\""), member("text", text)));
        maybe(members, "cache_control", "{\"type\":\"ephemeral\"}");
        return "{" + String.join(",", shuffled(members)) + "}";
    }

    private String toolResult(int depth) {
        return "{"
                + String.join(
                        ",",
                        shuffled(List.of(
                                member("type", "\"tool_result\""),
                                member("tool_use_id", string(8)),
                                member(
                                        "content",
                                        switch (random.nextInt(depth == 0 ? 2 : 4)) {
                                            case 0 -> string(40);
                                            case 1 -> list(random.nextInt(3), () -> "{\"source\":" + value(1) + "}");
                                            case 2 -> contentPart();
                                            default -> list(random.nextInt(3), this::contentPart);
                                        }))))
                + "}";
    }

    private String contentPart() {
        return switch (random.nextInt(5)) {
            case 0 -> string(50);
            case 4 -> toolResult(0);
            case 1 ->
                "{"
                        + String.join(
                                ",", shuffled(List.of(member("type", "\"image_url\""), member("image_url", value(2)))))
                        + "}";
            default ->
                "{" + String.join(",", shuffled(List.of(member("type", "\"text\""), member("text", string(100)))))
                        + "}";
        };
    }

    private List<String> shuffled(List<String> members) {
        var copy = new ArrayList<>(members);
        Collections.shuffle(copy, java.util.Random.from(random));
        return copy;
    }

    private String prompt() {
        return switch (random.nextInt(6)) {
            case 0 -> tokens();
            case 1 -> list(random.nextInt(4), this::tokens);
            case 2 -> list(random.nextInt(4), () -> string(60));
            case 3 ->
                list(random.nextInt(6), () -> switch (random.nextInt(4)) {
                    case 0 -> scalar();
                    case 1 -> tokens();
                    default -> Integer.toString(random.nextInt(100));
                });
            default -> string(400);
        };
    }

    private String tokens() {
        return list(random.nextInt(20), () -> Integer.toString(random.nextInt(200_000)));
    }

    private String value(int depth) {
        return switch (depth == 0 ? 0 : random.nextInt(4)) {
            case 1 -> list(random.nextInt(4), () -> value(depth - 1));
            case 2 -> {
                var members = new ArrayList<String>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    members.add(member("k" + i, value(depth - 1)));
                }
                yield "{" + space() + String.join(",", members) + "}";
            }
            default -> scalar();
        };
    }

    private String scalar() {
        return switch (random.nextInt(6)) {
            case 0 -> "true";
            case 1 -> "false";
            case 2 -> "null";
            case 3 -> string(30);
            default -> NUMBERS[random.nextInt(NUMBERS.length)];
        };
    }

    private String list(int count, java.util.function.Supplier<String> element) {
        var elements = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            elements.add(space() + element.get() + space());
        }
        return "[" + (count == 0 ? space() : String.join(",", elements)) + "]";
    }

    private String string(int length) {
        var text = new StringBuilder("\"");
        int style = random.nextInt(4);
        int wanted = random.nextInt(length + 1);
        while (text.length() <= wanted) {
            if ((style == 3 && random.nextInt(3) == 0) || random.nextInt(15) == 0) {
                text.append(ESCAPES[random.nextInt(ESCAPES.length)]);
            } else {
                text.append(WORDS[random.nextInt(style == 0 ? 4 : WORDS.length)]);
            }
        }
        return text.append('"').toString();
    }

    private String space() {
        return random.nextInt(6) == 0 ? " \n\r\t".substring(random.nextInt(4), 4) : "";
    }
}
