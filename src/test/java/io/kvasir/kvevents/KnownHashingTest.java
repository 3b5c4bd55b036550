package io.kvasir.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.kvevents.wire.KvEvent;
import io.kvasir.kvevents.wire.KvEventDecoder;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KnownHashingTest {
    private final EngineScript engine = new EngineScript();

    private static int way(byte[] batch, @Nullable HashScheme told) {
        var ways = new ArrayList<Integer>();
        new KvEventDecoder(EventDialect.VLLM).decode(batch, (KvEvent event) -> ways.add(KnownHashing.of(event, told)));
        return ways.getFirst();
    }

    @Test
    void theSchemeThatAnEngineNamesIsTheOnlyOneThatIsTried() {
        byte[] first = engine.store(EngineScript.prompt(1, 32), 0, 1);
        int way = way(first, null);
        assertThat(way).isPositive();
        assertThat(way(first, HashScheme.SHA256_CBOR)).isEqualTo(way);
        assertThat(way(first, HashScheme.XXHASH)).isZero();
        assertThat(way(engine.store(EngineScript.prompt(1, 32), 1, 2), HashScheme.SHA256_CBOR))
                .isZero();
    }
}
