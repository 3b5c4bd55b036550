/** What {@code deploy/} renders, checked against Kubernetes' types, the program's own flags and the peers' contract. */
@NullMarked
package io.kvasir.deploy;

import org.jspecify.annotations.NullMarked;
