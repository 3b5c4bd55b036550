package io.kvasir.pool;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One reading of an engine's list of models. Immutable.
 *
 * @param list its entries
 * @param complete whether it holds all that the engine listed
 * @param readNanos when it arrived, on the pool's clock; meaningless in {@link #UNREAD}
 * @param byName its entries by id
 */
public record ServedModels(List<ServedModel> list, boolean complete, long readNanos, Map<String, ServedModel> byName) {
    /** Before the first reading. */
    public static final ServedModels UNREAD = new ServedModels(List.of(), false, 0);

    /** A reading of these entries. */
    public ServedModels(List<ServedModel> list, boolean complete, long readNanos) {
        this(List.copyOf(list), complete, readNanos, byName(list));
    }

    private static Map<String, ServedModel> byName(List<ServedModel> list) {
        var names = HashMap.<String, ServedModel>newHashMap(list.size());
        list.forEach(model -> names.putIfAbsent(model.id(), model));
        return names;
    }

    /** Whether the engine was ever read. */
    @SuppressWarnings("ReferenceEquality") // the one value that stands for no reading
    public boolean known() {
        return this != UNREAD;
    }

    /** Whether it names that model or adapter. */
    public boolean has(String model) {
        return byName.containsKey(model);
    }

    /** Longest prompt plus output of that model in tokens, of the longest where it does not tell; 0 if nobody told. */
    int maxModelLen(String model) {
        var entry = byName.get(model);
        if (entry != null && entry.maxModelLen() > 0) {
            return entry.maxModelLen();
        }
        int most = 0;
        for (int i = 0; i < list.size(); i++) {
            most = Math.max(most, list.get(i).maxModelLen());
        }
        return most;
    }

    /** Its first base model; null where it has none. */
    public @Nullable String base() {
        for (var model : list) {
            if (model.parent() == null) {
                return model.id();
            }
        }
        return null;
    }

    /** Whether it shows that the engine takes adapters. */
    boolean hasAdapters() {
        for (var model : list) {
            if (model.parent() != null) {
                return true;
            }
        }
        return false;
    }

    /** The same entries, read again. */
    public ServedModels again(long nanos) {
        return new ServedModels(list, complete, nanos, byName);
    }
}
