package io.kvasir.request;

import java.util.Random;

/** Bodies like those that clients send, of any size. */
public enum BenchmarkBodies {
    /** A conversation about code: English with typographic marks, indented code, line ends and quotes escaped. */
    CHAT,
    /** Documents of JSON inside JSON strings: every quote escaped, one in six bytes. */
    NESTED_JSON,
    /** Chinese as UTF-8. */
    CHINESE,
    /** Chinese with every character as a Unicode escape, as Python's json module writes it by default. */
    ESCAPED_CHINESE,
    /** A completions prompt of token ids. */
    TOKEN_IDS,
    /** One message with an image as base64. */
    IMAGE,
    /** No prompt, only small members: the most work a byte can make. */
    MEMBERS;

    private static final int MESSAGE = 6_000;

    private static final String[] WORDS =
            ("the of and to in a is that for it as was with be by on not he his but at are this have from or had an they "
                            + "which one you were all her she there would their we him been has when who will no more if out so "
                            + "up said what its about than into them can only other time new some could these two may first then "
                            + "do any like my now over such our man me even most made after also did many off before must well "
                            + "back through years where much your way down should because long each just state those people too "
                            + "router cache prefix latency engine tokens schedule replica request throughput attention decoder")
                    .split(" ");
    private static final String[] CODE = {
        "    def lookup(self, key):\\n        return self.table.get(key, \\\"none\\\")\\n",
        "for (int i = 0; i < n; i++) {\\n    sum += weights[i] * values[i];\\n}\\n",
        "if err != nil {\\n\\treturn fmt.Errorf(\\\"open %s: %w\\\", path, err)\\n}\\n",
        "SELECT id, name FROM users WHERE created_at > now() - interval '1 day';\\n",
        "    assert response.status_code == 200, response.text\\n\\n"
    };
    private static final String HAN = "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后";

    /** A body of about the given bytes. */
    String body(int bytes, Random random) {
        var json = new StringBuilder();
        switch (this) {
            case TOKEN_IDS -> {
                json.append("{\"model\":\"m\",\"max_tokens\":256,\"prompt\":[1");
                while (json.length() < bytes) {
                    json.append(", ").append(random.nextInt(128_000));
                }
                return json.append("]}").toString();
            }
            case IMAGE -> {
                json.append(
                        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"What is it?\"},"
                                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,");
                while (json.length() < bytes) {
                    json.append((char) ('A' + random.nextInt(26)));
                }
                return json.append("\"}}]}],\"model\":\"m\"}").toString();
            }
            case MEMBERS -> {
                json.append("{\"a\":1");
                while (json.length() < bytes) {
                    json.append(",\"").append((char) ('a' + random.nextInt(26))).append("\":1");
                }
                return json.append('}').toString();
            }
            default -> {}
        }
        json.append("{\"messages\":[{\"role\":\"system\",\"content\":\"You are a careful engineer.\"}");
        int perChar = this == CHINESE ? 3 : 1;
        for (int i = 0; json.length() * perChar < bytes; i++) {
            json.append(",{\"role\":\"")
                    .append(i % 2 == 0 ? "user" : "assistant")
                    .append("\",\"content\":\"");
            int end = Math.min(json.length() + MESSAGE, bytes / perChar);
            while (json.length() < end) {
                sentence(json, random);
            }
            json.append("\"}");
        }
        return json.append("],\"model\":\"org/model\",\"stream\":true,\"max_tokens\":512,\"temperature\":0.7}")
                .toString();
    }

    private void sentence(StringBuilder json, Random random) {
        switch (this) {
            case NESTED_JSON ->
                json.append("{\\\"")
                        .append(word(random))
                        .append("\\\":\\\"")
                        .append(word(random))
                        .append("\\\",\\\"")
                        .append(word(random))
                        .append("\\\":")
                        .append(random.nextInt(1000))
                        .append("},\\n");
            case CHINESE -> {
                for (int n = 8 + random.nextInt(20); n > 0; n--) {
                    json.append(HAN.charAt(random.nextInt(HAN.length())));
                }
                json.append('。');
            }
            case ESCAPED_CHINESE ->
                json.append(String.format("\\u%04x", (int) HAN.charAt(random.nextInt(HAN.length()))));
            default -> {
                if (random.nextInt(5) == 0) {
                    json.append(CODE[random.nextInt(CODE.length)]);
                    return;
                }
                for (int n = 5 + random.nextInt(15); n > 0; n--) {
                    json.append(word(random)).append(n == 1 ? "" : " ");
                }
                json.append(
                        switch (random.nextInt(6)) {
                            case 0 -> ".\\n\\n";
                            case 1 -> ", he said: \\\"yes\\\". ";
                            case 2 -> " \u2013 it\u2019s so. ";
                            default -> ". ";
                        });
            }
        }
    }

    private static String word(Random random) {
        return WORDS[random.nextInt(WORDS.length)];
    }
}
