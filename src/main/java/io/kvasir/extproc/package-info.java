/**
 * The door through which Envoy, Istio, agentgateway and other data planes ask for an endpoint: Envoy's external processing
 * protocol, one gRPC stream per HTTP request. {@link io.kvasir.extproc.ExtProcServer} owns the ports. Each stream gets a
 * {@link io.kvasir.extproc.ProcessorStream}, which knows neither gRPC nor Netty: two state machines, one per direction,
 * whose strategy is the body mode. The request's one holds or passes the body, asks the router, and publishes the pick; the
 * response's one passes everything at once and keeps the books of the request.
 */
@NullMarked
package io.kvasir.extproc;

import org.jspecify.annotations.NullMarked;
