package io.kvasir.route;

import io.kvasir.prefix.PrefixKeys;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.Request;
import java.nio.ByteBuffer;

/**
 * One request's body while it is read: its scanner and its prefix keys, leased from the router. Used by one thread at a
 * time; ends by {@link Router#route} or by {@link #abandon}.
 */
public final class Reading {
    private final Router router;
    private final BodyScanner scanner = new BodyScanner();
    private final PrefixKeys keys = new PrefixKeys();
    private boolean leased;

    Reading(Router router) {
        this.router = router;
    }

    Reading lease(BodyFormat format) {
        keys.reset();
        scanner.reset(format, keys);
        leased = true;
        return this;
    }

    /**
     * The next bytes of the body; they are not kept.
     *
     * @throws MalformedBodyException where they make the body unacceptable
     */
    public void feed(byte[] bytes, int offset, int length) {
        scanner.feed(bytes, offset, length);
    }

    /** The next bytes of the body, from position to limit; see {@link #feed(byte[], int, int)}. */
    public void feed(ByteBuffer chunk) {
        scanner.feed(chunk);
    }

    /**
     * The body is complete.
     *
     * @throws MalformedBodyException where it is not valid; the reading is still to be abandoned
     */
    public Request finish() {
        scanner.finish();
        return read();
    }

    /** What is known of a body that is not complete. */
    public Request soFar() {
        return read();
    }

    private Request read() {
        var request = scanner.request();
        if (request.opaque()) {
            // what was taken for a prompt until then is none
            keys.reset();
        }
        keys.finish();
        return request;
    }

    /** The request goes no further. Calling it again, or after routing, changes nothing. */
    public void abandon() {
        if (leased) {
            leased = false;
            router.giveBack(this);
        }
    }

    PrefixKeys keys() {
        return keys;
    }
}
