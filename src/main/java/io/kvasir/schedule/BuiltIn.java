package io.kvasir.schedule;

/**
 * A part that configuration can name and that the program has built in, such as a parser or what keeps books of prompts.
 *
 * @param name of its type
 * @param parameters what configuration says of it
 */
public record BuiltIn(String name, PluginParameters parameters) implements Plugin {}
