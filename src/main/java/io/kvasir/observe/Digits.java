package io.kvasir.observe;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers as people read them: no model and no clock here is good for more than four digits. */
public final class Digits {
    private static final MathContext SENSIBLE = new MathContext(4);

    private Digits() {}

    /** The number with four significant digits; what is none, or infinite, as it is. */
    public static double sensible(double number) {
        return Double.isFinite(number) ? new BigDecimal(number).round(SENSIBLE).doubleValue() : number;
    }
}
