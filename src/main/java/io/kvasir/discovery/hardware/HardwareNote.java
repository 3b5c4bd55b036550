package io.kvasir.discovery.hardware;

/** What made an identification less than certain. */
public enum HardwareNote {
    /** NVIDIA's feature discovery calls the node's MIG layout invalid; the slice is unknown. */
    MIG_INVALID("mig-invalid"),
    /** The node has several kinds of device and its labels do not tell which one the pod has. */
    MIXED_NODE("mixed-node"),
    /** The device is shared, but nobody says by how many; 2 is taken. */
    SHARING_UNKNOWN("sharing-unknown"),
    /** The pod asks for several kinds of device; the first by the vocabulary's order is taken. */
    SEVERAL_DEVICES("several-devices"),
    /** A number was none, or out of bounds, and is not counted. */
    BAD_VALUE("bad-value");

    private final String code;

    HardwareNote(String code) {
        this.code = code;
    }

    /** Stable name in metrics and logs. */
    public String code() {
        return code;
    }
}
