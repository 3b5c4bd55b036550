package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The members of one kind of object that mean something, found by name. */
final class MemberTable {
    private static final byte[][] NO_NAMES = {};
    private static final MemberRule[] NO_RULES = {};

    /** By the name's length. */
    private final byte[][][] names;

    private final MemberRule[][] rules;

    /** Fields that a second object of this kind replaces. */
    private final BodyField[] fields;

    MemberTable(Map<String, MemberRule> members) {
        int longest = members.keySet().stream().mapToInt(String::length).max().orElse(0);
        names = new byte[longest + 1][][];
        rules = new MemberRule[longest + 1][];
        Arrays.fill(names, NO_NAMES);
        Arrays.fill(rules, NO_RULES);
        members.forEach((name, rule) -> {
            int n = name.length();
            names[n] = Arrays.copyOf(names[n], names[n].length + 1);
            rules[n] = Arrays.copyOf(rules[n], rules[n].length + 1);
            names[n][names[n].length - 1] = name.getBytes(UTF_8);
            rules[n][rules[n].length - 1] = rule;
        });
        fields = members.values().stream()
                .filter(MemberRule.Noted.class::isInstance)
                .map(rule -> ((MemberRule.Noted) rule).field())
                .toArray(BodyField[]::new);
    }

    /** The rule for a name given as UTF-8; null where it means nothing here. */
    @Nullable
    MemberRule find(byte[] name, int length) {
        if (length < 0 || length >= names.length) {
            return null;
        }
        byte[][] candidates = names[length];
        for (int i = 0; i < candidates.length; i++) {
            if (Arrays.equals(candidates[i], 0, length, name, 0, length)) {
                return rules[length][i];
            }
        }
        return null;
    }

    /** The fields noted in objects of this kind. */
    BodyField[] fields() {
        return fields;
    }
}
