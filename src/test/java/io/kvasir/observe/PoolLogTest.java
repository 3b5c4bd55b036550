package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PoolLogTest {
    private static final long SECOND = 1_000_000_000L;

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final List<String> lines = new ArrayList<>();
    private final PoolLog log = new PoolLog(pool, ModelCatalogue.load(), (warns, line) -> lines.add(line));
    private long now = SECOND;

    PoolLogTest() {
        pool.listen(log);
    }

    private void pool(int count) {
        pool.apply(IntStream.range(0, count)
                .mapToObj(i -> EndpointSpec.of("e" + i, "10.0.0." + i, 80))
                .toList());
    }

    private List<String> sweep() {
        now += SECOND;
        lines.clear();
        log.sweep(now);
        return List.copyOf(lines);
    }

    private Endpoint endpoint(int i) {
        return pool.snapshot().at(i);
    }

    @Test
    void manyThatComeAndGoAreToldInALineEach() {
        pool(30);
        assertThat(sweep())
                .containsExactly("30 endpoints: appeared: e0, e1, e2, e3, e4, e5, e6, e7, e8, e9 and 20 more");

        pool(2);
        assertThat(sweep()).singleElement().asString().startsWith("28 endpoints: left: e2, ");
    }

    @Test
    void churnIsToldOnceInAWhile() {
        int told = 0;
        for (int round = 0; round < 300; round++) {
            pool(round % 2 == 0 ? 40 : 1);
            told += sweep().size();
        }

        assertThat(told).isLessThanOrEqualTo(2 * 31);
    }

    @Test
    void anEndpointThatIsEjectedAndComesBackIsToldOf() {
        pool(4);
        sweep();
        for (int i = 0; i < 20; i++) {
            endpoint(1).health().probeFailed();
        }
        assertThat(sweep()).containsExactly("1 endpoint: get no requests: probes or requests failed: e1");

        endpoint(1).health().probePassed();
        assertThat(sweep()).containsExactly("1 endpoint: get requests again: e1");
    }

    @Test
    void whatCannotBeReadIsToldWithItsReasonOnceAndWhenItCanBeReadAgain() {
        pool(3);
        sweep();
        endpoint(0).knowledge().unreadable("unauthorized");
        endpoint(2).knowledge().unreadable("too-large");
        endpoint(2).unreadable("status");
        assertThat(sweep()).as("not at the first look").isEmpty();

        assertThat(sweep())
                .hasSize(2)
                .anySatisfy(line -> assertThat(line).contains("metrics page").endsWith("e2 (status)"))
                .anySatisfy(line -> assertThat(line)
                        .startsWith("2 endpoints: have a list of models that cannot be read")
                        .contains("e0 (unauthorized)", "e2 (too-large)"));
        assertThat(sweep()).isEmpty();

        endpoint(0).serves(List.of(new ServedModel("llama-3.1-8b", null, 0)));
        assertThat(sweep()).containsExactly("1 endpoint: have a list of models that can be read again: e0");
    }

    @Test
    void aModelThatTheCatalogueDoesNotKnowIsToldOnce() {
        pool(3);
        pool.snapshot().endpoints().forEach(e -> e.serves(List.of(new ServedModel("frobnicator", null, 0))));
        var all = new ArrayList<String>();
        for (int i = 0; i < 10; i++) {
            all.addAll(sweep());
        }

        assertThat(all.stream().filter(line -> line.startsWith("frobnicator is not in the model catalogue")))
                .hasSize(1);
    }
}
