package io.kvasir.app;

import io.kvasir.extproc.BodyMode;
import io.kvasir.extproc.ExtProcSettings;
import io.kvasir.extproc.StreamSettings;
import java.util.regex.Pattern;

/** The ext-proc door as flags have it. */
final class PickerFlags {
    private static final Pattern NAMESPACE = Pattern.compile("[!-~]{1,255}");

    private PickerFlags() {}

    static ExtProcSettings read(FlagValues values) {
        String host = DoorSettings.address(values, Flag.HTTP_HOST);
        return ExtProcSettings.builder()
                .hosts(host, values.given(Flag.GRPC_HOST) ? DoorSettings.address(values, Flag.GRPC_HOST) : host)
                .ports(values.port(Flag.GRPC_PORT), values.port(Flag.GRPC_HEALTH_PORT))
                .healthChecking(values.on(Flag.HEALTH_CHECKING))
                .maxMessageBytes(values.bytes(Flag.GRPC_MAX_RECV_MSG_SIZE, ExtProcSettings.LEAST_MESSAGE_BYTES))
                .maxAnswerBytes(
                        values.given(Flag.GRPC_MAX_SEND_MSG_SIZE)
                                ? values.bytes(Flag.GRPC_MAX_SEND_MSG_SIZE, ExtProcSettings.LEAST_MESSAGE_BYTES)
                                : Integer.MAX_VALUE)
                .tls(TlsFlags.read(values))
                .streams(streams(values))
                .build();
    }

    private static StreamSettings streams(FlagValues values) {
        boolean conformance = values.on(Flag.CONFORMANCE);
        if (conformance) {
            values.warn("--conformance lets clients choose endpoints; it is for test clusters");
        }
        return StreamSettings.builder()
                .assumedMode(bodyMode(values))
                .metadataNamespaces(
                        values.matching(Flag.DESTINATION_NAMESPACE, NAMESPACE, "a name of up to 255 characters"),
                        values.matching(Flag.SUBSET_NAMESPACE, NAMESPACE, "a name of up to 255 characters"))
                .subsetFilter(!values.on(Flag.DISABLE_ENDPOINT_SUBSET_FILTER))
                .fallbackList(values.on(Flag.FALLBACK_ENDPOINTS))
                .emitScores(values.on(Flag.EMIT_ENDPOINT_SCORES))
                .explain(values.on(Flag.EXPLAIN_ANSWERS))
                .conformance(conformance)
                .build();
    }

    private static BodyMode bodyMode(FlagValues values) {
        String text = values.text(Flag.ASSUMED_BODY_MODE);
        return switch (text) {
            case "none" -> BodyMode.NONE;
            case "streamed" -> BodyMode.STREAMED;
            case "buffered" -> BodyMode.BUFFERED;
            case "buffered-partial" -> BodyMode.BUFFERED_PARTIAL;
            case "full-duplex-streamed" -> BodyMode.FULL_DUPLEX;
            default ->
                throw ConfigurationException.bad(Flag.ASSUMED_BODY_MODE.key(), text, Flag.ASSUMED_BODY_MODE.form());
        };
    }
}
