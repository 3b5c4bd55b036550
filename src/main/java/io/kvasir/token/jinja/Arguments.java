package io.kvasir.token.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a filter, test, method or macro is called with. */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    int count() {
        return positional.size();
    }

    /** One argument by place or name; null where it was not given. */
    @Nullable
    Object find(int place, String name) {
        return place < positional.size() ? positional.get(place) : named.get(name);
    }

    Object get(int place, String name) {
        var found = find(place, name);
        if (found == null) {
            throw new TemplateException("argument " + name + " is missing");
        }
        return found;
    }

    Object get(int place, String name, Object otherwise) {
        var found = find(place, name);
        return found == null ? otherwise : found;
    }

    String text(int place, String name) {
        if (get(place, name) instanceof String s) {
            return s;
        }
        throw new TemplateException("argument " + name + " is no string");
    }
}
