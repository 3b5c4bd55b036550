/**
 * The part of Jinja 2 that chat templates are written in, with the environment that engines render them in:
 * {@code trim_blocks}, {@code lstrip_blocks}, loop controls, {@code tojson} that escapes nothing, {@code raise_exception} and
 * {@code strftime_now}. What is not known is an error when the template is read, never a guess when it is rendered.
 *
 * <p>Values are strings, {@link java.lang.Boolean}, {@link java.lang.Long}, {@link java.math.BigInteger},
 * {@link java.lang.Double}, lists, maps in the order of their keys, and {@link io.kvasir.token.jinja.Nothing}.
 */
@NullMarked
package io.kvasir.token.jinja;

import org.jspecify.annotations.NullMarked;
