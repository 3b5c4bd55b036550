/**
 * What operators write, in YAML or JSON. {@link io.kvasir.config.ConfigReader} turns text into values that know their
 * lines, {@link io.kvasir.config.Fields} reads a mapping key by key, {@link io.kvasir.config.FollowedFile} takes a file's
 * changes while the program runs. Everything that is wrong is told in one line with source, line and key.
 */
@NullMarked
package io.kvasir.config;

import org.jspecify.annotations.NullMarked;
