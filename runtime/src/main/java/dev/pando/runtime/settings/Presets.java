package dev.pando.runtime.settings;

import dev.pando.training.model.ModelConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/// The named shapes that `pando.job.model.preset` takes.
final class Presets {
    private static final Map<String, ModelConfig> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put("quickstart", new ModelConfig(4096, 256, 6, 8, 4, 688, 10_000, 1e-5));
        BY_NAME.put("S", new ModelConfig(4096, 256, 6, 8, 4, 688, 10_000, 1e-5));
        BY_NAME.put("M", new ModelConfig(8192, 512, 8, 8, 4, 1376, 10_000, 1e-5));
        BY_NAME.put("internlm2-1_8b", new ModelConfig(92544, 2048, 24, 16, 8, 8192, 1e6, 1e-5));
        BY_NAME.put("internlm2-7b", new ModelConfig(92544, 4096, 32, 32, 8, 14336, 1e6, 1e-5));
        BY_NAME.put("internlm2-20b", new ModelConfig(92544, 6144, 48, 48, 8, 16384, 1e6, 1e-5));
    }

    private Presets() {}

    static ModelConfig named(String name) {
        ModelConfig preset = BY_NAME.get(name);
        if (preset == null) {
            throw new IllegalArgumentException(
                    "preset must be one of " + String.join(", ", BY_NAME.keySet()) + ", not " + name);
        }
        return preset;
    }
}
