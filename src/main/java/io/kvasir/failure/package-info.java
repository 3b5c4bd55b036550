/** What failures say to people. */
@NullMarked
package io.kvasir.failure;

import org.jspecify.annotations.NullMarked;
