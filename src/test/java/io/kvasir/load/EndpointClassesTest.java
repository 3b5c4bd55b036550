package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.config.InvalidConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointClassesTest {

    @Test
    void anEndpointIsOfItsNamesClassWhicheverWayItIsNamed(@TempDir Path folder) throws Exception {
        var file = Files.writeString(folder.resolve("endpoints.yaml"), """
                endpoints:
                - {name: h200-0, address: 127.0.0.1, port: 8001, engine: vllm}
                - {name: mig-1g-12, address: "::1", port: 8002}
                """);

        var classes = new EndpointClasses(file);

        assertThat(classes.apply("127.0.0.1:8001")).isEqualTo("h200");
        assertThat(classes.apply("::1:8002")).isEqualTo("mig-1g");
        assertThat(classes.apply("mi350x-3")).isEqualTo("mi350x");
    }

    @Test
    void aFileThatNamesNoPortIsRefusedWithTheLine(@TempDir Path folder) throws Exception {
        var file = Files.writeString(
                folder.resolve("endpoints.yaml"), "endpoints:\n- {name: a, address: 127.0.0.1, prot: 1}\n");

        assertThatThrownBy(() -> new EndpointClasses(file))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessage(
                        file + ":2: endpoints[0].prot: unknown key, did you mean port? required: name, address, port");
    }
}
