/** The page that load tests and studies are looked at on: one file that needs nothing else. */
@NullMarked
package io.kvasir.load.report;

import org.jspecify.annotations.NullMarked;
