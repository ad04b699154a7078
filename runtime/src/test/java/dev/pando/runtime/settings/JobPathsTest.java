package dev.pando.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigValueType;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Keeps the list of places complete: a key that is missing there is a way out of a grove's folders.
class JobPathsTest {
    /// Texts that are no places. A new key of text stands here, or in [JobPaths#KEYS].
    private static final Set<String> NO_PLACES =
            Set.of(
                    "name", // null in the reference, and checked to be one word
                    "device",
                    "optimizer-state",
                    "stage",
                    "sample.prompts",
                    "model.preset",
                    "model.activations",
                    "data.files", // relative to places, and matched within them
                    "data.exclude",
                    "checkpoint.every-steps",
                    "checkpoint.time-between-failures",
                    "checkpoint.file-size");

    @Test
    void shouldKnowEveryKeyThatHoldsAPlace() {
        Set<String> texts = new TreeSet<>();
        Reference.pando()
                .getConfig("pando.job")
                .entrySet()
                .forEach(entry -> {
                    ConfigValueType type = entry.getValue().valueType();
                    if (type == ConfigValueType.STRING || type == ConfigValueType.LIST) {
                        texts.add(entry.getKey());
                    }
                });
        texts.removeAll(NO_PLACES);

        assertThat(texts).isEqualTo(new TreeSet<>(JobPaths.KEYS));
    }

    @Test
    void shouldMakeEveryPlaceAbsoluteWhereAJobIsSubmitted() {
        JobConfig written = JobConfig.nothing();
        for (String key : JobPaths.KEYS) {
            written = written.set(key.equals(JobPaths.TEXTS) ? key + "=[\"a/../b\", \"c/*.md\"]" : key + "=a/../b");
        }
        Settings relative = written.set("start.run=\"\"").settings();

        Settings absolute = relative.anywhere();

        String there = Path.of("b").toAbsolutePath().toString();
        assertThat(JobPaths.of(absolute.config()))
                .hasSize(JobPaths.KEYS.size()) // a list of two, and one that is empty
                .allSatisfy(named ->
                        assertThat(List.of(there, Path.of("c/*.md").toAbsolutePath().toString()))
                                .as(named.key())
                                .contains(named.place()));
        assertThat(BitShapingKeys.firstDifference(relative, absolute)).isEmpty();
        assertThat(BitShapingKeys.firstDifferenceOfData(relative, absolute)).isEmpty();
    }

    @Test
    void shouldLeaveBucketsAndWhatIsNotSaidAsTheyAre() {
        Settings settings = JobConfig.nothing().set("checkpoint.folder=s3://bucket/run").settings().anywhere();

        assertThat(settings.config().getString("checkpoint.folder")).isEqualTo("s3://bucket/run");
        assertThat(settings.config().getString("start.model")).isEmpty();
    }
}
