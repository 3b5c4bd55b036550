/**
 * The {@code check} subcommand: looks at a pool as {@code serve} would and says what it finds. It reads and connects, and
 * changes nothing. {@link io.kvasir.check.EndpointCheck} looks at one endpoint, {@link io.kvasir.check.PoolCheck} at what
 * all of them make together; each finding says when it was made.
 */
@NullMarked
package io.kvasir.check;

import org.jspecify.annotations.NullMarked;
