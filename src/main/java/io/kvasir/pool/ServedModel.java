package io.kvasir.pool;

import org.jspecify.annotations.Nullable;

/**
 * One entry of an engine's {@code /v1/models}.
 *
 * @param id name that requests use
 * @param parent base model of an adapter; null for a base model
 * @param maxModelLen longest prompt plus output in tokens, 0 if not told
 */
public record ServedModel(String id, @Nullable String parent, int maxModelLen) {}
