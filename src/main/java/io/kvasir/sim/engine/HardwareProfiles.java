package io.kvasir.sim.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The simulator's profile file, {@code sim/hardware.yaml} on the class path. */
public final class HardwareProfiles {
    private final Map<String, HardwareProfile> devices = new LinkedHashMap<>();
    private final ModelProfile model;

    private HardwareProfiles(JsonNode file) {
        var m = file.required("models").required(0);
        model = new ModelProfile(
                m.required("name").asText(),
                m.required("parameters-billions").asDouble() * 1e9,
                m.required("weight-gb").asDouble() * 1e9,
                m.required("kv-bytes-per-token").asDouble(),
                m.required("layers").asInt(),
                m.required("attention-width").asInt(),
                m.required("max-model-length").asInt());
        for (var d : file.required("devices")) {
            var device = device(d);
            devices.put(device.name(), device);
        }
    }

    private static HardwareProfile device(JsonNode d) {
        return new HardwareProfile(
                d.required("name").asText(),
                d.required("vendor").asText(),
                d.required("product").asText(),
                d.path("partition").asText(""),
                d.required("memory-gb").asDouble() * 1e9,
                d.required("memory-share").asDouble(),
                d.required("overhead-gb").asDouble() * 1e9,
                d.required("bandwidth-tbs").asDouble() * 1e12,
                d.required("bandwidth-share").asDouble(),
                d.required("tflops").asDouble() * 1e12,
                d.required("flops-share").asDouble(),
                d.required("fixed-ms").asDouble() / 1e3,
                d.required("max-batched-tokens").asInt(),
                d.required("max-sequences").asInt(),
                d.required("block-size").asInt(),
                d.required("max-model-length").asInt());
    }

    /** Reads the file. */
    public static HardwareProfiles load() {
        try (var in = HardwareProfiles.class.getResourceAsStream("/sim/hardware.yaml")) {
            if (in == null) {
                throw new IllegalStateException("sim/hardware.yaml is not on the class path");
            }
            return new HardwareProfiles(new YAMLMapper().readTree(in));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Devices by name, in file order. */
    public Map<String, HardwareProfile> devices() {
        return devices;
    }

    /** The model that all simulated engines run, whatever they call it. */
    public ModelProfile model() {
        return model;
    }
}
