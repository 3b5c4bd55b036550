package io.kvasir.extproc;

import io.kvasir.extproc.wire.proto.Metadata;
import org.jspecify.annotations.Nullable;

/** The endpoint that really served, as proxies with a list to choose from report it. */
final class Served {
    private Served() {}

    /** {@code ip:port}; null where the proxy does not report. */
    static @Nullable String read(Metadata metadata, StreamSettings settings) {
        var namespace = metadata.getFilterMetadataMap().get(settings.metadataNamespace());
        var value = namespace == null ? null : namespace.getFieldsMap().get(Names.SERVED);
        return value == null || !value.hasStringValue() ? null : value.getStringValue();
    }
}
