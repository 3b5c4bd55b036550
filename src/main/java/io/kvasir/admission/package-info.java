/**
 * When a request may be scheduled: at once, later or not at all. Stands between a request's keys and its schedule; the
 * shipped {@link io.kvasir.admission.Admission#OPEN} lets everything in.
 */
@NullMarked
package io.kvasir.admission;

import org.jspecify.annotations.NullMarked;
