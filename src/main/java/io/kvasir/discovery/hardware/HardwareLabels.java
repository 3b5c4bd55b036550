package io.kvasir.discovery.hardware;

import io.kvasir.pool.HardwareCatalogue;

/**
 * Translates what a cluster says of a pod's hardware. The pod's own label or annotation goes before the node's labels,
 * these before node selectors and labels copied to the pod; but which slice, how many and of which vendor is what its
 * containers ask for, since that is what they got.
 */
public final class HardwareLabels {
    private final HardwareRules rules;
    private final HardwareCatalogue catalogue;

    private HardwareLabels(HardwareRules rules, HardwareCatalogue catalogue) {
        this.rules = rules;
        this.catalogue = catalogue;
    }

    /**
     * With the vocabulary that ships with the program.
     *
     * @param catalogue tells products from other values of keys that hold both
     */
    public static HardwareLabels load(HardwareCatalogue catalogue) {
        return new HardwareLabels(HardwareRules.load(), catalogue);
    }

    /** What the pod runs on; a pure function. */
    public HardwareIdentity identify(HardwareHints hints) {
        return new Identification(rules, catalogue, hints).identity();
    }
}
