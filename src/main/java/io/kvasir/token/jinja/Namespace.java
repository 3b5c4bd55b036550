package io.kvasir.token.jinja;

import java.util.LinkedHashMap;

/** What {@code namespace()} makes: members that can be set from within loops. */
final class Namespace extends LinkedHashMap<String, Object> {
    private static final long serialVersionUID = 1;
}
