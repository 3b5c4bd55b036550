package io.kvasir.schedule;

/** What a plug-in reads beside the request and the endpoints' descriptions; nothing is looked up that nobody needs. */
public enum Need {
    /** Which prompts endpoints hold: {@link SchedulingContext#matches}. */
    PREFIX,
    /** How engines fare by their own metrics pages. */
    STATS,
    /** Seconds that the time model predicts. */
    PREDICTIONS
}
