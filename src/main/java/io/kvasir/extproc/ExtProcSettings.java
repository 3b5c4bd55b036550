package io.kvasir.extproc;

import io.kvasir.extproc.tls.TlsSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the picker serves.
 *
 * @param host address that the health port binds to
 * @param pickerHost address that the picker's port binds to
 * @param port the picker's; 0 for any free one
 * @param healthPort for gRPC health checks, in plaintext; 0 for any free one
 * @param healthChecking whether health checks are also answered on the picker's port
 * @param tls the picker's certificates; null for plaintext
 * @param maxMessageBytes longest message taken, at least 64 KiB, a longer one gets a 413; NGINX sends a whole body in
 *     one
 * @param maxAnswerBytes longest message sent, at least 64 KiB; a request whose replaced body needs a longer one is refused
 * @param keepAlive after how long without a byte a gateway's connection is tried by a ping; without an answer within a third
 *     of it, its streams are ended
 * @param streams how a stream behaves
 */
public record ExtProcSettings(
        String host,
        String pickerHost,
        int port,
        int healthPort,
        boolean healthChecking,
        @Nullable TlsSettings tls,
        int maxMessageBytes,
        int maxAnswerBytes,
        Duration keepAlive,
        StreamSettings streams) {
    /** Least limit of a message: data planes send bodies in pieces of up to 64 KiB. */
    public static final int LEAST_MESSAGE_BYTES = 64 << 10;

    /** Ports 9002 and 9003 on all addresses, a certificate signed by itself, messages up to 64 MiB. */
    public static final ExtProcSettings DEFAULT = new ExtProcSettings(
            "0.0.0.0",
            "0.0.0.0",
            9002,
            9003,
            true,
            TlsSettings.SELF_SIGNED,
            64 << 20,
            Integer.MAX_VALUE,
            Duration.ofSeconds(30),
            StreamSettings.DEFAULT);

    public ExtProcSettings {
        checkPort("grpc-port", port);
        checkPort("grpc-health-port", healthPort);
        checkBytes("grpc-max-recv-msg-size", maxMessageBytes);
        checkBytes("grpc-max-send-msg-size", maxAnswerBytes);
    }

    private static void checkPort(String key, int port) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException(key + ": " + port + "; allowed: 0 to 65535");
        }
    }

    private static void checkBytes(String key, int bytes) {
        if (bytes < LEAST_MESSAGE_BYTES) {
            throw new IllegalArgumentException(
                    key + ": " + bytes + "; allowed: " + LEAST_MESSAGE_BYTES + " to " + Integer.MAX_VALUE);
        }
    }

    /** Begins with the default. */
    public static Builder builder() {
        return DEFAULT.toBuilder();
    }

    /** Begins with these. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Collects settings, which are explained where they are components. */
    public static final class Builder {
        private String host;
        private String pickerHost;
        private int port;
        private int healthPort;
        private boolean healthChecking;
        private @Nullable TlsSettings tls;
        private int maxMessageBytes;
        private int maxAnswerBytes;
        private Duration keepAlive;
        private StreamSettings streams;

        private Builder(ExtProcSettings from) {
            host = from.host;
            pickerHost = from.pickerHost;
            port = from.port;
            healthPort = from.healthPort;
            healthChecking = from.healthChecking;
            tls = from.tls;
            maxMessageBytes = from.maxMessageBytes;
            maxAnswerBytes = from.maxAnswerBytes;
            keepAlive = from.keepAlive;
            streams = from.streams;
        }

        /** One address for both ports. */
        public Builder host(String address) {
            return hosts(address, address);
        }

        /** The address of the health port, then the picker's. */
        public Builder hosts(String address, String pickerAddress) {
            host = address;
            pickerHost = pickerAddress;
            return this;
        }

        /** The picker's port, then the one for health checks. */
        public Builder ports(int picker, int health) {
            port = picker;
            healthPort = health;
            return this;
        }

        public Builder healthChecking(boolean value) {
            healthChecking = value;
            return this;
        }

        public Builder tls(@Nullable TlsSettings value) {
            tls = value;
            return this;
        }

        public Builder maxMessageBytes(int value) {
            maxMessageBytes = value;
            return this;
        }

        public Builder maxAnswerBytes(int value) {
            maxAnswerBytes = value;
            return this;
        }

        public Builder keepAlive(Duration value) {
            keepAlive = value;
            return this;
        }

        public Builder streams(StreamSettings value) {
            streams = value;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException naming the setting, its value and what is allowed
         */
        public ExtProcSettings build() {
            return new ExtProcSettings(
                    host,
                    pickerHost,
                    port,
                    healthPort,
                    healthChecking,
                    tls,
                    maxMessageBytes,
                    maxAnswerBytes,
                    keepAlive,
                    streams);
        }
    }
}
