/**
 * Envoy's external processing protocol on the wire: what a proxy sends ({@link io.kvasir.extproc.wire.ProxyMessage}), what
 * the picker answers ({@link io.kvasir.extproc.wire.PickerMessage}), and the codecs between these and bytes. Messages that
 * carry headers go through the generated classes of {@code .proto}; body messages, of which a stream has hundreds, are read
 * and written by hand: the body is one range of the received array from arrival to departure, and the metadata that Envoy
 * repeats on every message is skipped unread.
 */
@NullMarked
package io.kvasir.extproc.wire;

import org.jspecify.annotations.NullMarked;
