package io.kvasir.leader;

/** How one look at the Lease ended. */
public enum Round {
    /** Ours, and renewed. */
    RENEWED("renewed"),
    /** Free or expired, and taken. */
    TAKEN("taken"),
    /** Another's. */
    FOLLOWED("followed"),
    /** Free or expired, and left to others, since this replica could not serve yet. */
    LEFT("left"),
    /** Another wrote first. */
    CONFLICT("conflict"),
    /** Our service account may not use the Lease. */
    FORBIDDEN("forbidden"),
    /** The API server gave no usable answer in time. */
    UNAVAILABLE("unavailable");

    private final String code;

    Round(String code) {
        this.code = code;
    }

    /** Name in metrics. */
    public String code() {
        return code;
    }

    boolean failed() {
        return this == FORBIDDEN || this == UNAVAILABLE;
    }
}
