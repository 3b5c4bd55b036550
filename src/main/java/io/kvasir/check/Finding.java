package io.kvasir.check;

import java.time.Instant;

/**
 * One thing found.
 *
 * @param at when
 * @param subject what it is about: an endpoint's name, {@code pool}, {@code picker} or {@code cluster}
 * @param topic stable name of what was looked at, such as {@code metrics}
 * @param text in one line
 */
record Finding(Instant at, Severity severity, String subject, String topic, String text) {}
