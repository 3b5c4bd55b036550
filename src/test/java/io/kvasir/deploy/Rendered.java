package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

/** What {@code deploy/} gives for a cluster, as text of YAML. */
final class Rendered {
    private Rendered() {}

    /** The chart as release {@code chat} in namespace {@code inference}. */
    static String chart(String values, String... more) throws Exception {
        var args = new ArrayList<>(List.of(
                "template",
                "chat",
                "deploy/helm/kvasir",
                "--namespace",
                "inference",
                "--values",
                "deploy/helm/ci/" + values + "-values.yaml"));
        args.addAll(List.of(more));
        var output = DeployTool.helm(args);
        assertThat(output.status()).as(output.err()).isZero();
        return output.out();
    }

    /** An overlay of kustomize. */
    static String overlay(String name) throws Exception {
        var output = DeployTool.KUSTOMIZE.run(List.of("deploy/kustomize/overlays/" + name));
        assertThat(output.status()).as(output.err()).isZero();
        return output.out();
    }
}
