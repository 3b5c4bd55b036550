package io.kvasir.extproc.wire;

import io.kvasir.extproc.wire.proto.HttpHeaders;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProtocolConfiguration;
import org.jspecify.annotations.Nullable;

/** One message that a proxy sends to the picker. */
public sealed interface ProxyMessage {
    /** Whether it is a copy for watching: such messages are never answered. */
    boolean observed();

    /**
     * Headers of one direction.
     *
     * @param headers the headers and whether the message ends with them
     * @param metadata what the proxy's other filters noted, empty where it sends none
     * @param modes the body modes, only with a stream's first message and only from proxies that tell; null else
     */
    record Headers(
            Direction direction,
            HttpHeaders headers,
            Metadata metadata,
            @Nullable ProtocolConfiguration modes,
            boolean observed)
            implements ProxyMessage {}

    /**
     * A piece of a body, a range of the array it was received in. The array is nobody else's and never written again.
     *
     * @param end whether the body ends with it
     */
    @SuppressWarnings("ArrayRecordComponent") // shared on purpose: the bytes go out as they came
    record Body(Direction direction, byte[] array, int offset, int length, boolean end, boolean observed)
            implements ProxyMessage {}

    /** Trailers of one direction; they end its body. */
    record Trailers(Direction direction, boolean observed) implements ProxyMessage {}

    /** A message longer than is taken, its bytes left unread; whether it was a copy is not known. */
    record TooLong() implements ProxyMessage {
        @Override
        public boolean observed() {
            return false;
        }
    }

    /**
     * Bytes that are no message of this protocol.
     *
     * @param why one line, for the log and the proxy
     */
    record Unreadable(String why) implements ProxyMessage {
        @Override
        public boolean observed() {
            return false;
        }
    }

    /** A message of a kind that this picker does not know; newer proxies may have some. */
    record Unknown(boolean observed) implements ProxyMessage {}
}
