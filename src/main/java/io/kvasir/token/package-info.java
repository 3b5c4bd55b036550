/**
 * The token ids of prompts that come as text, as their engine makes them: chat templates and tokenizers in this process, the
 * engine's own endpoints where there are none, and what served whom. Nothing here runs on an event loop.
 */
@NullMarked
package io.kvasir.token;

import org.jspecify.annotations.NullMarked;
