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

    /** The same on another address. */
    public ExtProcSettings withHost(String address) {
        return withHosts(address, address);
    }

    /** The same on other addresses, the picker's last. */
    public ExtProcSettings withHosts(String address, String pickerAddress) {
        return new ExtProcSettings(
                address,
                pickerAddress,
                port,
                healthPort,
                healthChecking,
                tls,
                maxMessageBytes,
                maxAnswerBytes,
                keepAlive,
                streams);
    }

    /** The same on other ports. */
    public ExtProcSettings withPorts(int newPort, int newHealthPort) {
        return new ExtProcSettings(
                host,
                pickerHost,
                newPort,
                newHealthPort,
                healthChecking,
                tls,
                maxMessageBytes,
                maxAnswerBytes,
                keepAlive,
                streams);
    }

    /** The same with other certificates; null for plaintext. */
    public ExtProcSettings withTls(@Nullable TlsSettings newTls) {
        return new ExtProcSettings(
                host,
                pickerHost,
                port,
                healthPort,
                healthChecking,
                newTls,
                maxMessageBytes,
                maxAnswerBytes,
                keepAlive,
                streams);
    }

    /** The same with another limit of a message. */
    public ExtProcSettings withMaxMessageBytes(int bytes) {
        return new ExtProcSettings(
                host, pickerHost, port, healthPort, healthChecking, tls, bytes, maxAnswerBytes, keepAlive, streams);
    }

    /** The same with another limit of a message sent. */
    public ExtProcSettings withMaxAnswerBytes(int bytes) {
        return new ExtProcSettings(
                host, pickerHost, port, healthPort, healthChecking, tls, maxMessageBytes, bytes, keepAlive, streams);
    }

    /** The same with another time until silent connections are tried. */
    public ExtProcSettings withKeepAlive(Duration time) {
        return new ExtProcSettings(
                host,
                pickerHost,
                port,
                healthPort,
                healthChecking,
                tls,
                maxMessageBytes,
                maxAnswerBytes,
                time,
                streams);
    }

    /** The same with health checks on the picker's port or without. */
    public ExtProcSettings withHealthChecking(boolean answered) {
        return new ExtProcSettings(
                host, pickerHost, port, healthPort, answered, tls, maxMessageBytes, maxAnswerBytes, keepAlive, streams);
    }

    /** The same with other stream settings. */
    public ExtProcSettings withStreams(StreamSettings newStreams) {
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
                newStreams);
    }
}
