package io.kvasir.route;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Something that an engine keeps and clients ask for by its id, as a path names it: {@code /v1/responses/resp_1/cancel}.
 *
 * @param path of what is kept, such as {@code /v1/responses}
 * @param id null where the path names none: the collection itself, in which things are made
 */
public record StoredObject(String path, @Nullable String id) {
    /** Longest id that is remembered. */
    static final int LONGEST_ID = 256;

    private static final String RESPONSES = "/v1/responses";
    private static final String ROOT = "/v1/";

    /** Collections of OpenAI's API whose members outlast a request. */
    private static final Set<String> COLLECTIONS = Set.of(
            "responses",
            "conversations",
            "files",
            "uploads",
            "batches",
            "videos",
            "containers",
            "vector_stores",
            "assistants",
            "threads");

    /** Questions about a response that is not kept; they are no ids. */
    private static final Set<String> ACTIONS = Set.of("input_tokens", "compact", "render", "generations", "edits");

    /**
     * Reads a path.
     *
     * @param path as an engine is asked, with or without a query
     * @return null where nothing is kept there
     */
    public static @Nullable StoredObject of(String path) {
        int query = path.indexOf('?');
        int end = query < 0 ? path.length() : query;
        int root = path.indexOf(ROOT);
        if (root < 0 || root >= end) {
            return null;
        }
        int from = root + ROOT.length();
        int slash = path.indexOf('/', from);
        int collectionEnd = slash < 0 || slash > end ? end : slash;
        String collection = path.substring(from, collectionEnd);
        if (!COLLECTIONS.contains(collection)) {
            return null;
        }
        String where = ROOT + collection;
        if (collectionEnd == end || collectionEnd + 1 == end) {
            return new StoredObject(where, null);
        }
        int next = path.indexOf('/', collectionEnd + 1);
        String id = path.substring(collectionEnd + 1, next < 0 || next > end ? end : next);
        return ACTIONS.contains(id) || !isId(id) ? null : new StoredObject(where, id);
    }

    /**
     * What a request's body builds on; null for nothing.
     *
     * @param id the body's {@code previous_response_id}, {@code conversation} or {@code input_file_id}
     */
    public static @Nullable StoredObject namedInBody(@Nullable String id) {
        if (id == null || !isId(id)) {
            return null;
        }
        return new StoredObject(
                id.startsWith("conv") ? ROOT + "conversations" : id.startsWith("file") ? ROOT + "files" : RESPONSES,
                id);
    }

    private static boolean isId(String text) {
        if (text.isEmpty() || text.length() > LONGEST_ID) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!plain && "-_.:~".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
