package io.kvasir.extproc;

import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.kvasir.extproc.wire.proto.HealthCheckRequest;
import io.kvasir.extproc.wire.proto.HealthCheckResponse;
import io.kvasir.extproc.wire.proto.HealthCheckResponse.ServingStatus;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The gRPC health protocol, {@code Check} and {@code Watch}. */
final class HealthService {
    static final String SERVICE = "grpc.health.v1.Health";

    static final MethodDescriptor<HealthCheckRequest, HealthCheckResponse> CHECK =
            method("Check", MethodDescriptor.MethodType.UNARY);
    static final MethodDescriptor<HealthCheckRequest, HealthCheckResponse> WATCH =
            method("Watch", MethodDescriptor.MethodType.SERVER_STREAMING);

    private final Readiness readiness;
    private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();

    HealthService(Readiness readiness) {
        this.readiness = readiness;
    }

    private static MethodDescriptor<HealthCheckRequest, HealthCheckResponse> method(
            String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.newBuilder(
                        ProtoUtils.marshaller(HealthCheckRequest.getDefaultInstance()),
                        ProtoUtils.marshaller(HealthCheckResponse.getDefaultInstance()))
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
                .build();
    }

    /** For a server. */
    ServerServiceDefinition definition() {
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(CHECK, ServerCalls.asyncUnaryCall(this::check))
                .addMethod(WATCH, ServerCalls.asyncServerStreamingCall(this::watch))
                .build();
    }

    private void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> out) {
        out.onNext(HealthCheckResponse.newBuilder()
                .setStatus(readiness.of(request.getService()))
                .build());
        out.onCompleted();
    }

    private void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> out) {
        var watcher = new Watcher(request.getService(), (ServerCallStreamObserver<HealthCheckResponse>) out);
        watcher.out.setOnCancelHandler(() -> watchers.remove(watcher));
        watchers.add(watcher);
        watcher.send(readiness);
    }

    /** Tells watchers of a change. To be called now and then, from one thread. */
    void refresh() {
        watchers.removeIf(watcher -> {
            try {
                watcher.send(readiness);
                return false;
            } catch (RuntimeException e) {
                // the call has ended by now; the others are still to be told, and next time, too
                return true;
            }
        });
    }

    private static final class Watcher {
        private final String service;
        private final ServerCallStreamObserver<HealthCheckResponse> out;
        private ServingStatus told = ServingStatus.UNKNOWN;

        Watcher(String service, ServerCallStreamObserver<HealthCheckResponse> out) {
            this.service = service;
            this.out = out;
        }

        synchronized void send(Readiness readiness) {
            var now = readiness.of(service);
            if (now != told && !out.isCancelled()) {
                told = now;
                out.onNext(HealthCheckResponse.newBuilder().setStatus(now).build());
            }
        }
    }
}
