/** Fixtures that the tests of several packages share. */
@NullMarked
package io.kvasir.testing;

import org.jspecify.annotations.NullMarked;
