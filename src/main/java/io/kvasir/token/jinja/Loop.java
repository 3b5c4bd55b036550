package io.kvasir.token.jinja;

import java.util.List;

/** Where a loop is, which its body sees as {@code loop}. */
final class Loop {
    private final List<?> items;
    private int at;

    Loop(List<?> items) {
        this.items = items;
    }

    void at(int index) {
        at = index;
    }

    Object attribute(String name) {
        int size = items.size();
        return switch (name) {
            case "index" -> at + 1L;
            case "index0" -> (long) at;
            case "first" -> at == 0;
            case "last" -> at == size - 1;
            case "length" -> (long) size;
            case "revindex" -> (long) size - at;
            case "revindex0" -> size - at - 1L;
            case "depth" -> 1L;
            case "previtem" -> at == 0 ? Nothing.UNDEFINED : items.get(at - 1);
            case "nextitem" -> at == size - 1 ? Nothing.UNDEFINED : items.get(at + 1);
            case "cycle" -> {
                int place = at;
                yield (Callable) (_, given) -> given.positional().get(place % given.count());
            }
            default -> throw new TemplateException("loops do not know " + name + " here");
        };
    }
}
