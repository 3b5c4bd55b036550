/**
 * Where endpoints come from. {@link io.kvasir.discovery.EndpointFile} reads them from a YAML or JSON file and follows
 * its changes: {@link io.kvasir.discovery.EndpointFileParser} turns the text into descriptions of replicas, and {@link
 * io.kvasir.pool.Pool} is told the whole list. A file that is not right is refused whole, in one line that says what is wrong and where.
 */
@NullMarked
package io.kvasir.discovery;

import org.jspecify.annotations.NullMarked;
