/**
 * How much of a prompt each endpoint need not compute again. While a body is read, {@link io.kvasir.prefix.PromptKeyer}
 * turns its prompt into a chain of 64-bit block keys; at the end a namespace (model, adapter, cache salt) says which
 * tree of the index the chain belongs to. A {@link io.kvasir.prefix.PrefixView} answers, for every endpoint ordinal at
 * once, how many leading tokens are held and how sure that is, and is told what was routed where.
 */
@NullMarked
package io.kvasir.prefix;

import org.jspecify.annotations.NullMarked;
