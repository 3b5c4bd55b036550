package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.pool.ServedModel;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** By which model's rates a request is priced, whatever name it uses. */
class BaseModelCostTest {
    private static final String SMALL = "meta-llama/Llama-3.1-8B-Instruct";
    private static final String LARGE = "meta-llama/Llama-3.1-70B-Instruct";
    private static final String ADAPTER = "sql-70b-lora";

    private final ModelCatalogue catalogue = ModelCatalogue.load();
    private final TimeModel time = new TimeModel(catalogue);
    private final Pool pool = new Pool(HardwareCatalogue.load());

    private static EndpointSpec spec(int number, @Nullable String model) {
        return spec(number, model, EngineKind.VLLM);
    }

    private static EndpointSpec spec(int number, @Nullable String model, EngineKind engine) {
        return EndpointSpecs.of("e" + number, number, Role.BOTH, "NVIDIA-H200", engine, model, 0);
    }

    private Endpoint at(int place) {
        return pool.snapshot().at(place);
    }

    private void assertPriced(Endpoint endpoint, String name, String as) {
        assertThat(time.rates(endpoint, name).key().model()).as(name).isEqualTo(catalogue.shapeOf(as));
    }

    @Test
    void anAdapterCostsWhatItsBaseModelCosts() {
        pool.apply(List.of(spec(0, SMALL)));

        assertPriced(at(0), ADAPTER, SMALL);
        assertThat(time.rates(at(0), ADAPTER)).isSameAs(time.rates(at(0), SMALL));
    }

    @Test
    void anAdapterCostsOnEachEndpointWhatTheBaseThereCosts() {
        pool.apply(List.of(spec(0, SMALL), spec(1, LARGE)));

        assertPriced(at(0), ADAPTER, SMALL);
        assertPriced(at(1), ADAPTER, LARGE);
    }

    @Test
    void theEnginesListTellsTheBaseWhereTheDescriptionDoesNot() {
        pool.apply(List.of(spec(0, null)));
        assertPriced(at(0), ADAPTER, ADAPTER);

        at(0).serves(List.of(new ServedModel(SMALL, null, 0), new ServedModel(ADAPTER, SMALL, 0)));

        assertPriced(at(0), ADAPTER, SMALL);
        assertPriced(at(0), "an-adapter-on-demand-70b", SMALL);
    }

    @Test
    void aBaseOfWhichTheNameTellsNothingIsTakenForTheListedOneThatDoes() {
        pool.apply(List.of(spec(0, "our-assistant")));
        assertPriced(at(0), ADAPTER, "");

        at(0).serves(List.of(new ServedModel("our-assistant", null, 0), new ServedModel(LARGE, null, 0)));

        assertPriced(at(0), "our-assistant", LARGE);
        assertPriced(at(0), ADAPTER, LARGE);
    }

    @Test
    void anEngineThatRunsSeveralBaseModelsPricesEachAsItself() {
        pool.apply(List.of(spec(0, null, EngineKind.TRITON)));
        at(0).serves(List.of(
                new ServedModel(SMALL, null, 0),
                new ServedModel(LARGE, null, 0),
                new ServedModel("large-adapter-8b", LARGE, 0)));

        assertPriced(at(0), SMALL, SMALL);
        assertPriced(at(0), LARGE, LARGE);
        assertPriced(at(0), "large-adapter-8b", LARGE);
        assertPriced(at(0), "whatever-13b", SMALL);
    }

    @Test
    void aChangedDescriptionOrListIsPricedAnew() {
        pool.apply(List.of(spec(0, SMALL)));
        assertPriced(at(0), ADAPTER, SMALL);

        pool.apply(List.of(spec(0, LARGE)));
        assertPriced(at(0), ADAPTER, LARGE);

        pool.apply(List.of(spec(0, null)));
        at(0).serves(List.of(new ServedModel(SMALL, null, 0)));
        assertPriced(at(0), ADAPTER, SMALL);
    }

    @Test
    void replicasThatAreAlikeShareTheirRatesWhateverModelsAlternate() {
        pool.apply(List.of(spec(0, SMALL), spec(1, SMALL), spec(2, LARGE)));
        var small = time.rates(at(0), SMALL);
        var large = time.rates(at(2), LARGE);

        for (String name : List.of(SMALL, ADAPTER, LARGE, "other")) {
            assertThat(time.rates(at(0), name)).isSameAs(small);
            assertThat(time.rates(at(1), name)).isSameAs(small);
            assertThat(time.rates(at(2), name)).isSameAs(large).isNotSameAs(small);
        }
    }

    @Test
    void whatClientsMakeUpTakesNoRatesFromWhatEndpointsTell() {
        pool.apply(List.of(spec(0, null)));
        for (int i = 1; i < 20_000; i++) {
            assertPriced(at(0), "forged-" + i + "b", "forged-" + i + "b");
        }

        pool.apply(List.of(spec(0, null), spec(1, SMALL), spec(2, SMALL)));

        assertThat(time.rates(at(1), SMALL)).isSameAs(time.rates(at(2), ADAPTER));
    }

    @Test
    void replicasOfAnotherVersionHaveRatesOfTheirOwn() {
        pool.apply(List.of(spec(0, SMALL), spec(1, SMALL), spec(2, null)));
        var untold = time.rates(at(0), SMALL);
        assertThat(untold.key().engineVersion()).isNull();

        at(0).runs("0.10.0");
        at(1).runs("0.10.0");
        at(2).runs("0.10.0");
        var told = time.rates(at(0), SMALL);

        assertThat(told.key().engineVersion()).isEqualTo("0.10.0");
        assertThat(time.rates(at(1), SMALL)).isSameAs(told);
        assertThat(time.rates(at(2), SMALL).key()).isEqualTo(told.key());

        at(1).runs("0.11.0");
        at(2).runs("0.11.0");

        assertThat(time.rates(at(1), SMALL).key().engineVersion()).isEqualTo("0.11.0");
        assertThat(time.rates(at(2), SMALL)).isSameAs(time.rates(at(1), SMALL));
        assertThat(time.rates(at(0), SMALL)).isSameAs(told);
    }
}
