package io.kvasir.extproc;

import com.google.protobuf.Struct;
import io.kvasir.extproc.wire.proto.Metadata;
import org.jspecify.annotations.Nullable;

/** The endpoint that really served, as proxies with a list to choose from report it. */
final class Served {
    private Served() {}

    /** {@code ip:port}; null where the proxy does not report. */
    static @Nullable String read(Metadata metadata, StreamSettings settings) {
        var namespace = filterMetadata(metadata, settings.metadataNamespace());
        var value = namespace == null ? null : namespace.getFieldsMap().get(Names.SERVED);
        return value == null || !value.hasStringValue() ? null : value.getStringValue();
    }

    /**
     * What a proxy says under that namespace; null for nothing. The default is told by identity: to ask for its map has Protocol
     * Buffers read the descriptions of all its types, which takes as long as a hundred requests and which few proxies need.
     */
    @SuppressWarnings("ReferenceEquality")
    static @Nullable Struct filterMetadata(Metadata metadata, String namespace) {
        return metadata == Metadata.getDefaultInstance()
                ? null
                : metadata.getFilterMetadataMap().get(namespace);
    }
}
