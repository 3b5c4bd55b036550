/**
 * Certificates of the picker's port: one signed by itself at start, as every data plane accepts, or an operator's own from
 * files that are read again when they change, with or without client certificates.
 */
@NullMarked
package io.kvasir.extproc.tls;

import org.jspecify.annotations.NullMarked;
