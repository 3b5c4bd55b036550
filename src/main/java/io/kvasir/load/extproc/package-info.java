/**
 * {@code load-test ext-proc}: plays Envoy's side of the external processing protocol against a picker and measures it. One
 * stream after the other on each of many clients; the response either in bulk or paced, one chunk now and then on every
 * stream, as tokens come, which costs a picker several times as much.
 */
@NullMarked
package io.kvasir.load.extproc;

import org.jspecify.annotations.NullMarked;
