package io.kvasir.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.random.RandomGenerator;

/** Spoils bodies a little: most results are no JSON any more, many still are. */
final class Mutations {
    private static final byte[][] SNIPPETS = {
        bytes("\""),
        bytes("\\"),
        bytes("{"),
        bytes("}"),
        bytes("["),
        bytes("]"),
        bytes(","),
        bytes(":"),
        bytes("0"),
        bytes("-"),
        bytes("."),
        bytes("e"),
        bytes("1e5"),
        bytes("+1"),
        bytes("01"),
        bytes("1."),
        bytes(" "),
        bytes("\n"),
        bytes("\t"),
        bytes("\u0000"),
        bytes("\u001f"),
        bytes("\u007f"),
        bytes("\u00a0"),
        bytes("true"),
        bytes("nul"),
        bytes("NaN"),
        bytes("Infinity"),
        bytes("//"),
        bytes("/* */"),
        bytes("#"),
        bytes("\\u12"),
        bytes("\\u00e9"),
        bytes("\\ud800"),
        bytes("\\udc00"),
        bytes("\\x"),
        bytes("'a'"),
        bytes("\u00ef\u00bb\u00bf"),
        bytes("\u00c3"),
        bytes("\u00c3\u00a9"),
        bytes("\u00c0\u0080"),
        bytes("\u00e2\u0082"),
        bytes("\u00ed\u00a0\u0080"),
        bytes("\u00f0\u009f\u0098\u0080"),
        bytes("\u00f4\u0090\u0080\u0080"),
        bytes("\u00f5\u0080\u0080\u0080"),
        bytes("\u00f8"),
        bytes("\u00ff"),
        bytes("\u0080"),
        bytes("\u001e"),
        bytes(",\"a\":1"),
        bytes("{}"),
        bytes("[]"),
        bytes("\"\"")
    };

    private Mutations() {}

    private static byte[] bytes(String latin1) {
        return latin1.getBytes(ISO_8859_1);
    }

    static byte[] mutate(byte[] body, RandomGenerator random) {
        byte[] mutated = body;
        do {
            mutated = once(mutated, random);
        } while (random.nextInt(4) == 0);
        return mutated;
    }

    private static byte[] once(byte[] body, RandomGenerator random) {
        int at = random.nextInt(body.length + 1);
        int cut = Math.min(body.length, at + random.nextInt(4));
        return switch (random.nextInt(6)) {
            case 0 -> splice(body, at, new byte[] {(byte) random.nextInt(256)}, Math.min(body.length, at + 1));
            case 1 -> splice(body, at, new byte[0], cut);
            case 2 -> {
                int from = random.nextInt(body.length + 1);
                var copy = new byte[Math.min(body.length - from, random.nextInt(30))];
                System.arraycopy(body, from, copy, 0, copy.length);
                yield splice(body, at, copy, at);
            }
            case 3 -> splice(body, at, SNIPPETS[random.nextInt(SNIPPETS.length)], cut);
            default -> splice(body, at, SNIPPETS[random.nextInt(SNIPPETS.length)], at);
        };
    }

    private static byte[] splice(byte[] body, int to, byte[] inserted, int from) {
        var out = new ByteArrayOutputStream(body.length + inserted.length);
        out.write(body, 0, to);
        out.writeBytes(inserted);
        out.write(body, from, body.length - from);
        return out.toByteArray();
    }
}
