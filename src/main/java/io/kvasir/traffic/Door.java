package io.kvasir.traffic;

/** Where a request comes in, which decides whose headers it carries. */
public enum Door {
    /** The HTTP proxy: clients speak to it directly, or through a proxy whose address is trusted. */
    PROXY,
    /** The endpoint picker: a gateway stands between, which can set and take out headers of its own. */
    PICKER
}
