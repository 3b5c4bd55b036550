/**
 * Flow control: requests wait here, in bands by priority and fairly among tenants, while no endpoint that may serve them
 * would start them soon. {@link io.kvasir.admission.flow.FlowControl} is the entry.
 */
@NullMarked
package io.kvasir.admission.flow;

import org.jspecify.annotations.NullMarked;
