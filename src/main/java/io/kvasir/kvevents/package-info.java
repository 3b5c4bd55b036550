/**
 * Follows engines' KV events: dials engines or is dialled by them, keeps track of what was missed, and tells the precise
 * view.
 */
@NullMarked
package io.kvasir.kvevents;

import org.jspecify.annotations.NullMarked;
