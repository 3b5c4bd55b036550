package io.kvasir.request;

import java.util.Set;

/**
 * The APIs of engines by the end of their path, since gateways put prefixes in front: {@code /team-a/v1/chat/completions},
 * {@code /openai/v1/…}, {@code /v1beta/openai/…}, or leave {@code /v1} out. Names as OpenAI, Anthropic, Cohere, Jina, vLLM
 * and SGLang have them.
 */
final class ApiPaths {
    /** Last segments that stand for one API whatever is in front of them, and name a model in their body. */
    private static final Set<String> MODEL_ONLY = Set.of(
            "tokenize",
            "detokenize",
            "moderations",
            "render",
            "derender",
            "embed",
            "generate",
            "transcriptions",
            "translations",
            "speech",
            "generations",
            "edits",
            "variations");

    /** APIs that engines have at their root as well, or only there. */
    private static final Set<String> ROOT = Set.of(
            "/rerank",
            "/v2/rerank",
            "/score",
            "/pooling",
            "/classify",
            "/tokenize",
            "/detokenize",
            "/generate",
            "/version",
            "/v2/embed",
            "/inference/v1/generate");

    /** Segments of the longest of them. */
    private static final int LONGEST_ROOT = 3;

    private ApiPaths() {}

    /** The dialect of a canonical path without query and trailing slash. */
    static Dialect dialect(String path) {
        int slash = path.lastIndexOf('/');
        if (slash < 0) {
            return Dialect.PASSTHROUGH;
        }
        String parent = path.substring(0, slash);
        String name = path.substring(slash + 1);
        String folder = parent.substring(parent.lastIndexOf('/') + 1);
        return switch (name) {
            case "completions" ->
                folder.equals("chat")
                        ? Dialect.CHAT_COMPLETIONS
                        : base(folder) ? Dialect.COMPLETIONS : Dialect.PASSTHROUGH;
            case "responses" -> base(folder) ? Dialect.RESPONSES : Dialect.PASSTHROUGH;
            case "embeddings", "pooling", "classify" -> Dialect.EMBEDDINGS;
            case "rerank", "score", "generative_scoring" ->
                folder.equals("models") ? Dialect.PASSTHROUGH : Dialect.SCORING;
            case "messages" -> base(folder) ? Dialect.MESSAGES : Dialect.PASSTHROUGH;
            case "count_tokens" -> folder.equals("messages") ? Dialect.MODEL_ONLY : Dialect.PASSTHROUGH;
            case "batch" -> folder.equals("completions") ? Dialect.MODEL_ONLY : Dialect.PASSTHROUGH;
            case "generate" -> parent.endsWith("/inference/v1") ? Dialect.GENERATE : Dialect.MODEL_ONLY;
            case "models" -> Dialect.PASSTHROUGH;
            default -> MODEL_ONLY.contains(name) && !folder.equals("models") ? Dialect.MODEL_ONLY : Dialect.PASSTHROUGH;
        };
    }

    /** Whether an API may follow a segment directly: a version, nothing, or the name of a prefix, but no id of an object. */
    private static boolean base(String folder) {
        for (int i = 0; i < folder.length(); i++) {
            if (folder.charAt(i) == '_') {
                return false;
            }
        }
        return !folder.equals("models");
    }

    /** Whether the proxy has that path answered by an engine. */
    static boolean served(String path) {
        return path.startsWith("/v1/") || ROOT.contains(path);
    }

    /** Where the root's API begins that a longer path ends with; -1 where it ends with none. */
    static int rootAt(String path) {
        int at = -1;
        int slash = path.lastIndexOf('/');
        for (int i = 0; slash > 0 && i < LONGEST_ROOT; i++) {
            at = ROOT.contains(path.substring(slash)) ? slash : at;
            slash = path.lastIndexOf('/', slash - 1);
        }
        return at;
    }

    /**
     * A path as an engine's root has it, whatever is in front of it; itself where that is unknown.
     *
     * @param path canonical, without query and trailing slash
     */
    static String atRoot(String path, Dialect dialect) {
        if (served(path)) {
            return path;
        }
        int version = path.lastIndexOf("/v1/");
        boolean models = version >= 0 && path.startsWith("/v1/models", version);
        if (dialect == Dialect.PASSTHROUGH && !models) {
            return path;
        }
        if (dialect == Dialect.GENERATE) {
            return "/inference/v1/generate";
        }
        if (version >= 0) {
            return path.substring(version);
        }
        int root = rootAt(path);
        if (root >= 0) {
            return path.substring(root);
        }
        int last = path.lastIndexOf('/');
        int api = dialect == Dialect.CHAT_COMPLETIONS ? path.lastIndexOf('/', last - 1) : last;
        return switch (dialect) {
            case CHAT_COMPLETIONS, COMPLETIONS, RESPONSES, EMBEDDINGS, MESSAGES ->
                otherVersion(path, api) ? path : "/v1" + path.substring(api);
            default -> path;
        };
    }

    /** Whether the segment in front of an API is a version, of which engines have only the first. */
    private static boolean otherVersion(String path, int api) {
        int before = path.lastIndexOf('/', api - 1);
        if (api - before < 3 || path.charAt(before + 1) != 'v') {
            return false;
        }
        for (int i = before + 2; i < api; i++) {
            if (path.charAt(i) < '0' || path.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    /** Whether the clients of a path read Anthropic's errors: messages and all below them. */
    static boolean anthropic(String path) {
        int at = path.indexOf("/messages");
        if (at < 0) {
            return false;
        }
        int end = at + "/messages".length();
        String folder = path.substring(path.lastIndexOf('/', at - 1) + 1, at);
        return (end == path.length() || path.charAt(end) == '/') && base(folder);
    }
}
