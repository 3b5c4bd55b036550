/**
 * Messages generated from {@code src/main/proto}: Envoy's external processing protocol and the gRPC health check. Nothing
 * is written by hand here, so nullness is not marked; protobuf getters never return null.
 */
package io.kvasir.extproc.wire.proto;
