/**
 * KV events as engines send them: msgpack, frames, and the hashes by which engines know their blocks. Knows no socket and
 * no index; simulated engines speak it too.
 */
@NullMarked
package io.kvasir.kvevents.wire;

import org.jspecify.annotations.NullMarked;
