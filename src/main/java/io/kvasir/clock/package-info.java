/** Time as engines have it, which simulated ones may have faster than the machine. Everybody may use it. */
@NullMarked
package io.kvasir.clock;

import org.jspecify.annotations.NullMarked;
