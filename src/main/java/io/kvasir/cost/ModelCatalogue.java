package io.kvasir.cost;

import io.kvasir.pool.ShippedTable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Shapes of models by name, from the file {@code model-catalogue.txt} on the class path. A model it does not list is
 * sized by the "8b" in its name where there is one, else taken as one of 8 billion weights. Names are the clients', so
 * what is read of one is kept within {@link #LEAST_BILLIONS} and {@link #MOST_BILLIONS}.
 */
public final class ModelCatalogue {
    private static final Pattern SIZE = Pattern.compile("(?<![a-z0-9.])(\\d{1,5}(?:\\.\\d{1,4})?)b(?![a-z0-9])");

    /** Billions of weights that the smallest model is taken for. */
    static final double LEAST_BILLIONS = 0.01;

    /** Billions of weights that the largest model is taken for. */
    static final double MOST_BILLIONS = 10_000;

    private static final ModelShape EIGHT_B = new ModelShape(8.0e9, 8.0e9, 131_072, 32, 4096);

    private final List<Map.Entry<String, ModelShape>> shapes;

    private ModelCatalogue(List<Map.Entry<String, ModelShape>> shapes) {
        this.shapes = shapes;
    }

    /** The catalogue that ships with the program. */
    public static ModelCatalogue load() {
        return new ModelCatalogue(ShippedTable.lines("model-catalogue.txt").stream()
                .filter(ShippedTable::says)
                .map(ModelCatalogue::entry)
                .toList());
    }

    private static Map.Entry<String, ModelShape> entry(String line) {
        String[] f = line.split("\\s+", -1);
        if (f.length != 6) {
            throw new IllegalStateException("model-catalogue.txt: 6 columns expected: " + line);
        }
        return Map.entry(
                f[0],
                new ModelShape(
                        Double.parseDouble(f[1]) * 1e9,
                        Double.parseDouble(f[2]) * 1e9,
                        Double.parseDouble(f[3]),
                        Integer.parseInt(f[4]),
                        Integer.parseInt(f[5])));
    }

    /** Whether the model's shape stands in the catalogue. */
    public boolean lists(String model) {
        String name = model.toLowerCase(Locale.ROOT);
        return shapes.stream().anyMatch(entry -> name.contains(entry.getKey()));
    }

    /** Whether the name tells how large the model is: the catalogue lists it, or a size stands in it. */
    public boolean sizes(String model) {
        return lists(model) || SIZE.matcher(model.toLowerCase(Locale.ROOT)).find();
    }

    /** The shape of a model by the name that requests use; the best guess for unknown ones. */
    public ModelShape shapeOf(String model) {
        String name = model.toLowerCase(Locale.ROOT);
        for (var entry : shapes) {
            if (name.contains(entry.getKey())) {
                return entry.getValue();
            }
        }
        Matcher size = SIZE.matcher(name);
        if (!size.find()) {
            return EIGHT_B;
        }
        double scale = Math.clamp(Double.parseDouble(size.group(1)), LEAST_BILLIONS, MOST_BILLIONS) / 8;
        // depth and width grow about alike, so each with the cube root of the weights
        double side = Math.cbrt(scale);
        return new ModelShape(
                EIGHT_B.activeParameters() * scale,
                EIGHT_B.weightBytes() * scale,
                EIGHT_B.kvBytesPerToken() * side * side,
                Math.max(1, (int) Math.round(EIGHT_B.layers() * side)),
                Math.max(64, (int) Math.round(EIGHT_B.attentionWidth() * side)));
    }
}
