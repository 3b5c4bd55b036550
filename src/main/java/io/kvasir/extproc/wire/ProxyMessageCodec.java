package io.kvasir.extproc.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.kvasir.extproc.wire.proto.HttpBody;
import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingRequest;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a proxy's messages. Each arrives in an array of its own, the only copy ever made of a body: from then on it is a
 * range of that array. Where a field is repeated the last one counts, and unknown fields are skipped, as in protobuf.
 */
final class ProxyMessageCodec implements MethodDescriptor.Marshaller<ProxyMessage> {
    private static final ExtensionRegistryLite NO_EXTENSIONS = ExtensionRegistryLite.getEmptyRegistry();

    private final int most;

    /** @param most bytes of the longest message that is read, unpacked where it was compressed */
    ProxyMessageCodec(int most) {
        this.most = most;
    }

    /** Never fails: what cannot be read is a message too, because the request that it belongs to gets an answer. */
    @Override
    public ProxyMessage parse(InputStream stream) {
        try {
            byte[] message = bytes(stream);
            return message == null ? new ProxyMessage.TooLong() : parse(message);
        } catch (IOException e) {
            return new ProxyMessage.Unreadable(String.valueOf(e.getMessage()));
        }
    }

    /** Null for more bytes than are read. */
    private byte @Nullable [] bytes(InputStream stream) throws IOException {
        if (!(stream instanceof KnownLength)) {
            byte[] message = stream.readNBytes(most);
            return stream.read() < 0 ? message : null;
        }
        int length = stream.available();
        if (length > most) {
            return null;
        }
        var message = new byte[length];
        stream.readNBytes(message, 0, length);
        return message;
    }

    static ProxyMessage parse(byte[] message) throws IOException {
        var in = UnsafeByteOperations.unsafeWrap(message).newCodedInput();
        in.enableAliasing(true);
        var fields = new Fields();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            fields.read(in, tag, message);
        }
        return fields.message();
    }

    /** What was seen of one message's fields. */
    private static final class Fields {
        private int kind;
        private @Nullable HttpHeaders headers;
        private byte[] array = {};
        private int offset;
        private int length;
        private boolean end;
        private int metadataOffset;
        private int metadataLength;
        private @Nullable ProtocolConfiguration modes;
        private boolean observed;
        private byte[] message = {};

        void read(CodedInputStream in, int tag, byte[] message) throws IOException {
            this.message = message;
            int field = field(tag, ProcessingRequest.OBSERVABILITY_MODE_FIELD_NUMBER);
            switch (field) {
                case ProcessingRequest.REQUEST_HEADERS_FIELD_NUMBER,
                        ProcessingRequest.RESPONSE_HEADERS_FIELD_NUMBER -> {
                    kind = field;
                    headers = in.readMessage(HttpHeaders.parser(), NO_EXTENSIONS);
                }
                case ProcessingRequest.REQUEST_BODY_FIELD_NUMBER, ProcessingRequest.RESPONSE_BODY_FIELD_NUMBER -> {
                    kind = field;
                    body(in, message);
                }
                case ProcessingRequest.REQUEST_TRAILERS_FIELD_NUMBER,
                        ProcessingRequest.RESPONSE_TRAILERS_FIELD_NUMBER -> {
                    kind = field;
                    in.skipField(tag);
                }
                case ProcessingRequest.METADATA_CONTEXT_FIELD_NUMBER -> {
                    metadataLength = in.readRawVarint32();
                    metadataOffset = in.getTotalBytesRead();
                    in.skipRawBytes(metadataLength);
                }
                case ProcessingRequest.OBSERVABILITY_MODE_FIELD_NUMBER -> observed = in.readBool();
                case ProcessingRequest.PROTOCOL_CONFIG_FIELD_NUMBER ->
                    modes = in.readMessage(ProtocolConfiguration.parser(), NO_EXTENSIONS);
                default -> in.skipField(tag);
            }
        }

        /** The number of a field; 0 where its type is another than ours, which makes it unknown. */
        private static int field(int tag, int flag) {
            int number = WireFormat.getTagFieldNumber(tag);
            int type = number == flag ? WireFormat.WIRETYPE_VARINT : WireFormat.WIRETYPE_LENGTH_DELIMITED;
            return WireFormat.getTagWireType(tag) == type ? number : 0;
        }

        private void body(CodedInputStream in, byte[] message) throws IOException {
            array = message;
            length = 0;
            end = false;
            int outer = in.pushLimit(in.readRawVarint32());
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                switch (field(tag, HttpBody.END_OF_STREAM_FIELD_NUMBER)) {
                    case 1 -> {
                        length = in.readRawVarint32();
                        offset = in.getTotalBytesRead();
                        in.skipRawBytes(length);
                    }
                    case 2 -> end = in.readBool();
                    default -> in.skipField(tag);
                }
            }
            in.popLimit(outer);
        }

        ProxyMessage message() throws IOException {
            return switch (kind) {
                case ProcessingRequest.REQUEST_HEADERS_FIELD_NUMBER -> headers(Direction.REQUEST);
                case ProcessingRequest.RESPONSE_HEADERS_FIELD_NUMBER -> headers(Direction.RESPONSE);
                case ProcessingRequest.REQUEST_BODY_FIELD_NUMBER ->
                    new ProxyMessage.Body(Direction.REQUEST, array, offset, length, end, observed);
                case ProcessingRequest.RESPONSE_BODY_FIELD_NUMBER ->
                    new ProxyMessage.Body(Direction.RESPONSE, array, offset, length, end, observed);
                case ProcessingRequest.REQUEST_TRAILERS_FIELD_NUMBER ->
                    new ProxyMessage.Trailers(Direction.REQUEST, observed);
                case ProcessingRequest.RESPONSE_TRAILERS_FIELD_NUMBER ->
                    new ProxyMessage.Trailers(Direction.RESPONSE, observed);
                default -> new ProxyMessage.Unknown(observed);
            };
        }

        private ProxyMessage headers(Direction direction) throws IOException {
            var metadata = metadataLength == 0
                    ? Metadata.getDefaultInstance()
                    : Metadata.parser()
                            .parseFrom(
                                    UnsafeByteOperations.unsafeWrap(message, metadataOffset, metadataLength),
                                    NO_EXTENSIONS);
            return new ProxyMessage.Headers(
                    direction, headers == null ? HttpHeaders.getDefaultInstance() : headers, metadata, modes, observed);
        }
    }

    /** For clients in this process; the server only reads. */
    @Override
    public InputStream stream(ProxyMessage value) {
        return new ByteArrayInputStream(ProxyMessageWriter.bytes(value));
    }
}
