package dev.pando.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Every key of a job is either known to change no bit, or refused where a run goes on with another value.
class BitShapingKeysTest {
    /// Where no value that follows from the default is another one that is allowed.
    private static final Map<String, String> OTHERS =
            Map.ofEntries(
                    Map.entry("name", "other"),
                    Map.entry("device", "cpu"),
                    Map.entry("optimizer-state", "sharded"),
                    Map.entry("stage", "sft"),
                    Map.entry("start.model", "elsewhere"),
                    Map.entry("start.run", "elsewhere"),
                    Map.entry("sample.temperature", "0.5"),
                    Map.entry("sample.top-p", "0.5"),
                    Map.entry("sample.prompts", "[once]"),
                    Map.entry("model.preset", "internlm2-1_8b"),
                    Map.entry("model.activations", "bfloat16"),
                    Map.entry("model.rope-scaling.type", "linear"),
                    Map.entry("model.kv-heads", "1"),
                    Map.entry("model.vocabulary", "40000"),
                    Map.entry("data.paths", "[elsewhere]"),
                    Map.entry("data.files", "[\"**/*.elsewhere\"]"),
                    Map.entry("data.exclude", "[\"**/*.elsewhere\"]"),
                    Map.entry("data.tokenizer.file", "elsewhere.json"),
                    Map.entry("batch.shards", "16"),
                    Map.entry("optimizer.beta1", "0.5"),
                    Map.entry("optimizer.beta2", "0.5"),
                    Map.entry("optimizer.final-fraction", "0.5"),
                    Map.entry("checkpoint.folder", "elsewhere"),
                    Map.entry("checkpoint.every-steps", "7"));

    /// They decide where, how fast and how safely a run computes, and what is written of it.
    private static final Set<String> CHANGE_NO_BIT =
            Set.of(
                    "out",
                    "workers",
                    "device", // kinds of devices are compared, see ProductionWorkbench
                    "same-bits",
                    "optimizer-state",
                    "optimizer-copies",
                    "threads",
                    "model.recompute",
                    "data.prepared",
                    "skip.steps-in-a-row",
                    "checkpoint",
                    "sample");

    @Test
    void shouldRefuseEveryChangeThatIsNotKnownToTouchNoBit() {
        Map<String, ConfigValue> keys = new TreeMap<>();
        collect(job().whole().getConfig("pando.job").root(), "", keys);
        Settings then = job().settings();
        Set<String> unnoticed = new TreeSet<>();
        Set<String> refusedForNothing = new TreeSet<>();

        keys.forEach((key, value) -> {
            Settings now = job().set(key + "=" + OTHERS.getOrDefault(key, another(value))).settings();
            boolean refused =
                    BitShapingKeys.firstDifference(then, now)
                            .or(() -> BitShapingKeys.firstDifferenceOfData(then, now))
                            .isPresent();
            boolean free =
                    CHANGE_NO_BIT.contains(key)
                            || CHANGE_NO_BIT.stream().anyMatch(group -> key.startsWith(group + "."));
            if (!refused && !free) {
                unnoticed.add(key);
            } else if (refused && free && !key.equals("out")) { // names the run, too
                refusedForNothing.add(key);
            }
        });

        assertThat(keys).hasSizeGreaterThan(40);
        assertThat(unnoticed).as("keys that may shape bits, and are changed without a word").isEmpty();
        assertThat(refusedForNothing).isEmpty();
    }

    /// With that type of scaling which heeds each of its keys.
    private static JobConfig job() {
        return JobConfig.nothing().set("model.rope-scaling.type=llama3");
    }

    private static void collect(ConfigObject group, String path, Map<String, ConfigValue> keys) {
        group.forEach((key, value) -> {
            if (value instanceof ConfigObject inner) {
                collect(inner, path + key + ".", keys);
            } else {
                keys.put(path + key, value);
            }
        });
    }

    private static String another(ConfigValue value) {
        return switch (value.unwrapped()) {
            case Boolean flag -> String.valueOf(!flag);
            case Integer number -> String.valueOf(number + 1);
            case Long number -> String.valueOf(number + 1);
            case Double number -> String.valueOf(number * 2);
            case String text when text.matches("[0-9.]+ ?[a-zA-Z]+") -> text.replaceFirst("[0-9.]+", "77");
            case String text -> text + "-other";
            case List<?> _ when value instanceof ConfigList -> "[other]";
            case null, default -> "24"; // null: follows from another key
        };
    }
}
