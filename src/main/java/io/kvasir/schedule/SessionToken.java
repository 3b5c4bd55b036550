package io.kvasir.schedule;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.pool.Endpoint;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** The name of an endpoint as a client keeps it between two requests of a session: in base64. */
public final class SessionToken {
    private SessionToken() {}

    /** The token of an endpoint. */
    public static String of(Endpoint endpoint) {
        return Base64.getEncoder().encodeToString(endpoint.spec().name().getBytes(UTF_8));
    }

    /** The name that a token holds, with the namespace before it where another picker wrote one; null for no token. */
    static @Nullable String read(String token) {
        try {
            return new String(Base64.getDecoder().decode(token), UTF_8);
        } catch (IllegalArgumentException _) {
            return null;
        }
    }
}
