package io.kvasir.cost;

/**
 * How fast replicas of one {@link RateKey} are. Interned: all of them, and all bookings there, refer to one object, so
 * that what is measured on one of them can be kept here for all.
 */
public final class ClassRates {
    private final RateKey key;
    private final EndpointRates rates;

    ClassRates(RateKey key) {
        this.key = key;
        rates = EndpointRates.of(key.hardware(), key.model(), (double) key.count() / key.sharing())
                .faster(key.speed());
    }

    public RateKey key() {
        return key;
    }

    /** Rates as they are believed now. */
    public EndpointRates rates() {
        return rates;
    }
}
