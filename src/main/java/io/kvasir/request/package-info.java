/**
 * What a client asks for. A door feeds the body's bytes to the one-pass scanner as they arrive; the scanner streams
 * prompt content into a {@link io.kvasir.request.PromptSink} and leaves behind a {@code Request}: the few fields
 * routing needs, with the byte ranges an edit needs. Nothing here knows endpoints, transports or JSON trees.
 */
@NullMarked
package io.kvasir.request;

import org.jspecify.annotations.NullMarked;
