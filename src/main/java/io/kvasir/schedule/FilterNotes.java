package io.kvasir.schedule;

/** What filters found out about the candidates, for reasons and refusals; until the candidates start over. */
public final class FilterNotes {
    private boolean unlisted;
    private boolean overContext;
    private boolean healthIgnored;
    private int longestContext;

    void clear() {
        unlisted = false;
        overContext = false;
        healthIgnored = false;
        longestContext = 0;
    }

    /** No candidate is told to serve the model. */
    void unlisted() {
        unlisted = true;
    }

    /** Whether no candidate was told to serve the model, though some may. */
    public boolean isUnlisted() {
        return unlisted;
    }

    /** The longest context in tokens that any candidate has for the model. */
    void longestContext(int tokens) {
        longestContext = tokens;
    }

    int longestContext() {
        return longestContext;
    }

    /** By its estimated length the prompt fits no candidate. */
    void overContext() {
        overContext = true;
    }

    /** Whether by its estimated length the prompt fits no candidate. */
    boolean isOverContext() {
        return overContext;
    }

    /** Candidates are left that look dead, because too few others are. */
    void healthIgnored() {
        healthIgnored = true;
    }

    /** Whether candidates are among those left that look dead, because too few others are. */
    public boolean isHealthIgnored() {
        return healthIgnored;
    }
}
