package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/** What may name a model: in a body, in a path, in an endpoint file, in a metric label. */
public final class ModelName {
    /** Characters at most. */
    public static final int MAX_LENGTH = 256;

    private static final String PUBLISHERS = "publishers/";
    private static final String MODELS = "/models/";

    private ModelName() {}

    /**
     * Why a name cannot be one.
     *
     * @return one line for the client, free of the name itself; null where the name is valid
     */
    public static @Nullable String problem(String name) {
        if (name.isBlank()) {
            return "the model name is empty";
        }
        if (name.length() > MAX_LENGTH) {
            return "the model name is longer than " + MAX_LENGTH + " characters";
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (Character.isISOControl(c) || c == '\uFFFD') {
                return "the model name contains a control or invalid character";
            }
        }
        return null;
    }

    /**
     * The name that an engine's own cache goes by: without the {@code publishers/<namespace>/models/} that KServe puts in front
     * of a second name for the same model or adapter.
     */
    public static String folded(String name) {
        if (!name.startsWith(PUBLISHERS)) {
            return name;
        }
        int slash = name.indexOf('/', PUBLISHERS.length());
        boolean second = slash > PUBLISHERS.length()
                && name.startsWith(MODELS, slash)
                && name.length() > slash + MODELS.length();
        return second ? name.substring(slash + MODELS.length()) : name;
    }

    /** Whether a name has no {@link #problem}. */
    public static boolean valid(String name) {
        return problem(name) == null;
    }
}
