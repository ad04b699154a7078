package dev.pando.training.optimizer;

import static dev.pando.training.tensor.Numbers.assertNear;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.training.tensor.Golden;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecipeTest {
    @Test
    void shouldFollowTheGoldenSchedule() {
        Golden golden = Golden.open("ops");
        JsonNode facts = golden.facts().get("schedule");
        double[] expected = golden.read("schedule/lr");
        Recipe recipe =
                recipe(
                        facts.get("total_steps").asLong(),
                        facts.get("peak").asDouble(),
                        facts.get("floor").asDouble(),
                        facts.get("warmup_steps").asLong());

        double[] rates = IntStream.range(0, expected.length).mapToDouble(recipe::learningRate).toArray();

        assertNear("learning rates", rates, expected, 1e-14); // both sides are float64
    }

    @Test
    void shouldRiseToThePeakAndFallToTheFloor() {
        Recipe recipe = recipe(100, 1, 0.1, 10);

        assertThat(recipe.learningRate(0)).isEqualTo(0.1);
        assertThat(recipe.learningRate(9)).isEqualTo(1);
        assertThat(recipe.learningRate(10)).isEqualTo(1);
        assertThat(recipe.learningRate(100)).isEqualTo(0.1);
        assertThat(recipe.learningRate(1000)).isEqualTo(0.1);
    }

    private static Recipe recipe(long steps, double peak, double floor, long warmup) {
        return new Recipe(steps, peak, floor / peak, warmup, 0.9, 0.95, 1e-8, 0.1, true, 1);
    }
}
