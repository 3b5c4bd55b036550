package io.kvasir.load.extproc;

/**
 * When a client sends.
 *
 * @param chunks chunks of a response
 * @param chunkNanos time between them; 0 to send them in bulk
 * @param requestNanos time between the starts of two requests, made up for after a late one; 0 to start each as soon as
 *     the one before has ended
 */
record Pace(int chunks, long chunkNanos, long requestNanos) {}
