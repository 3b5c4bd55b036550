package io.kvasir.load.replay.arm;

/** A linear regression that learns sample by sample: recursive least squares with forgetting. */
final class LeastSquares {
    private static final double UNSURE = 100;
    private static final double MOST = 1e6;

    private final double keep;
    private final double[] weights;
    private final double[][] inverse;
    private final double[] gain;

    /** @param keep what a sample counts one sample later, up to 1 */
    LeastSquares(int features, double keep) {
        this.keep = keep;
        weights = new double[features];
        inverse = new double[features][features];
        gain = new double[features];
        for (int i = 0; i < features; i++) {
            inverse[i][i] = UNSURE;
        }
    }

    /** Begins with those weights. */
    void start(double[] from) {
        System.arraycopy(from, 0, weights, 0, weights.length);
    }

    double predict(double[] x) {
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i] * x[i];
        }
        return sum;
    }

    void learn(double[] x, double y) {
        double error = y - predict(x);
        double scale = keep;
        for (int i = 0; i < x.length; i++) {
            double sum = 0;
            for (int j = 0; j < x.length; j++) {
                sum += inverse[i][j] * x[j];
            }
            gain[i] = sum;
            scale += x[i] * sum;
        }
        double trace = 0;
        for (int i = 0; i < x.length; i++) {
            weights[i] += gain[i] / scale * error;
            for (int j = 0; j < x.length; j++) {
                inverse[i][j] -= gain[i] * gain[j] / scale;
            }
            trace += inverse[i][i];
        }
        // features that never vary would make it ever less sure
        double forget = trace < MOST ? 1 / keep : 1;
        for (double[] row : inverse) {
            for (int j = 0; j < row.length; j++) {
                row[j] *= forget;
            }
        }
    }
}
