package io.kvasir;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelShape;
import io.kvasir.cost.RateKey;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.HardwareClass;
import io.kvasir.prefix.KeyScheme;
import io.kvasir.route.RequestTimes;
import io.kvasir.route.UsageTable;
import io.kvasir.scrape.MetricSources;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Records that say by themselves when two are equal do so as any record would: by each of their components. */
class SpelledOutRecordsTest {
    static Stream<Class<?>> records() throws ClassNotFoundException {
        return Stream.of(
                ModelShape.class,
                RateKey.class,
                Class.forName("io.kvasir.pool.BackPressure"),
                Class.forName(HardwareCatalogue.class.getName() + "$Told"),
                HardwareClass.class,
                KeyScheme.Text.class,
                KeyScheme.Tokens.class,
                RequestTimes.Key.class,
                UsageTable.Key.class,
                MetricSources.class);
    }

    @ParameterizedTest
    @MethodSource("records")
    void equalExactlyWhereAllComponentsAre(Class<?> record) throws ReflectiveOperationException {
        assertThat(record.getDeclaredMethod("equals", Object.class)).isNotNull();
        var components = record.getRecordComponents();
        var constructor = constructor(record);
        Object one = constructor.newInstance(values(components, 0));
        assertSame(one, constructor.newInstance(values(components, 0)));
        assertThat(one).isNotEqualTo(null).isNotEqualTo("another type");
        for (int i = 0; i < components.length; i++) {
            Object[] changed = values(components, 0);
            changed[i] = value(components[i].getType(), 1);
            assertDiffer(one, constructor.newInstance(changed), components[i]);
            if (components[i].getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                changed[i] = null;
                assertDiffer(one, constructor.newInstance(changed), components[i]);
                assertSame(constructor.newInstance(changed), constructor.newInstance(changed));
            }
        }
    }

    private static void assertSame(Object one, Object other) {
        assertThat(one).isNotSameAs(other).isEqualTo(other).hasSameHashCodeAs(other);
    }

    private static void assertDiffer(Object one, Object other, RecordComponent by) {
        assertThat(one).as(by.getName()).isNotEqualTo(other);
        assertThat(other).as(by.getName()).isNotEqualTo(one);
        assertThat(one.hashCode()).as(by.getName()).isNotEqualTo(other.hashCode());
    }

    private static Constructor<?> constructor(Class<?> record) throws NoSuchMethodException {
        var constructor = record.getDeclaredConstructor(Arrays.stream(record.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new));
        constructor.setAccessible(true);
        return constructor;
    }

    private static Object[] values(RecordComponent[] components, int which) throws ReflectiveOperationException {
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(components[i].getType(), which);
        }
        return values;
    }

    /** One of two different values of a type; a new object, where the type has any. */
    private static Object value(Class<?> type, int which) throws ReflectiveOperationException {
        if (type.isRecord()) {
            return constructor(type).newInstance(values(type.getRecordComponents(), which));
        }
        if (type == String.class) {
            return "text_" + which;
        }
        return switch (type.getName()) {
            case "int" -> 64 << which;
            case "long" -> (1L << 40) + which;
            case "double" -> 1.5 + which;
            case "boolean" -> which == 1;
            default -> type.getEnumConstants()[which];
        };
    }
}
