package dev.pando.training.model;

import java.util.Arrays;
import java.util.stream.Collectors;

/// The model shapes that have a name: the released InternLM2 models, and small ones for CPUs.
public enum ModelPreset {
    INTERNLM2_1_8B("internlm2-1_8b", new ModelConfig(92_544, 2048, 24, 16, 8, 8192, 1e6, 1e-5)),
    INTERNLM2_7B("internlm2-7b", new ModelConfig(92_544, 4096, 32, 32, 8, 14_336, 1e6, 1e-5)),
    INTERNLM2_20B("internlm2-20b", new ModelConfig(92_544, 6144, 48, 48, 8, 16_384, 1e6, 1e-5)),
    /// 3.1 million parameters: learns to write something like its corpus in minutes on two cores.
    QUICKSTART("quickstart", new ModelConfig(4096, 192, 4, 6, 2, 512, 1e4, 1e-5)),
    /// The small shape of the benchmarks.
    S("S", new ModelConfig(4096, 256, 6, 8, 4, 688, 1e6, 1e-5)),
    /// The medium shape of the benchmarks.
    M("M", new ModelConfig(8192, 512, 8, 8, 4, 1376, 1e6, 1e-5));

    private final String key;
    private final ModelConfig config;

    ModelPreset(String key, ModelConfig config) {
        this.key = key;
        this.config = config;
    }

    /// What configs call it.
    public String key() {
        return key;
    }

    public ModelConfig config() {
        return config;
    }

    /// The preset that configs call so.
    ///
    /// @throws IllegalArgumentException listing those that exist
    public static ModelPreset of(String key) {
        return Arrays.stream(values())
                .filter(preset -> preset.key.equals(key))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "no model preset \""
                                        + key
                                        + "\"; there are "
                                        + Arrays.stream(values())
                                                .map(ModelPreset::key)
                                                .collect(Collectors.joining(", "))));
    }
}
