package io.kvasir.extproc.wire;

import io.grpc.MethodDescriptor;

/** The service that proxies call, as descriptors for gRPC servers and clients. */
public final class ExternalProcessor {
    /** Full name of the service; also the name under which proxies ask for its health. */
    public static final String SERVICE = "envoy.service.ext_proc.v3.ExternalProcessor";

    /** One call is one HTTP request with its response. */
    public static final MethodDescriptor<ProxyMessage, PickerMessage> PROCESS = process(Integer.MAX_VALUE);

    private ExternalProcessor() {}

    /**
     * {@link #PROCESS} for servers.
     *
     * @param most bytes of the longest message that is read; a longer one is a {@link ProxyMessage.TooLong}
     */
    public static MethodDescriptor<ProxyMessage, PickerMessage> process(int most) {
        return MethodDescriptor.newBuilder(new ProxyMessageCodec(most), new PickerMessageCodec())
                .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Process"))
                .build();
    }
}
