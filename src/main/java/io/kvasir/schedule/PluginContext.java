package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;

/**
 * What plug-ins are made with, beside their parameters.
 *
 * @param time predicts seconds
 */
public record PluginContext(TimeModel time) {}
