package io.kvasir.app;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.pool.HardwareCatalogue;

/**
 * What ships with the program, read once.
 *
 * @param hardware classes of hardware
 * @param models shapes of models
 */
record Catalogues(HardwareCatalogue hardware, ModelCatalogue models) {
    static Catalogues load() {
        return new Catalogues(HardwareCatalogue.load(), ModelCatalogue.load());
    }
}
