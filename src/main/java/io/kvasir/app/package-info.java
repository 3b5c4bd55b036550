/** Start-up: subcommands and flags, wiring of the parts, drain. */
@NullMarked
package io.kvasir.app;

import org.jspecify.annotations.NullMarked;
