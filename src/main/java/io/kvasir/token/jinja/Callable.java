package io.kvasir.token.jinja;

/** What a template can call. */
interface Callable {
    Object call(Run run, Arguments arguments);
}
