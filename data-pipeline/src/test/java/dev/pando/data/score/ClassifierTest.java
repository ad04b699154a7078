package dev.pando.data.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: two kinds of sentences that the test made, and areas that can be counted by hand.
final class ClassifierTest {
    private static final List<String> BOTH =
            List.of("the lamp", "a ladder", "our ferry", "the bell", "some rye", "his boots");
    private static final List<String> CALM =
            List.of("was mended", "stood in the yard", "came home late", "made no sound");
    private static final List<String> LOUD =
            List.of("is on sale, buy now", "free for you today", "best price ever", "click to order");

    @TempDir private Path folder;

    @Test
    void shouldTellTwoKindsApartAndKeepIt() throws IOException {
        Classifier classifier = train(lines(1, 600));
        Path file = folder.resolve("ads.model");
        classifier.save(file);

        Classifier loaded = Classifier.load(file);

        assertThat(classifier.about().path("auc").asDouble()).isGreaterThan(0.99);
        assertThat(classifier.about().path("held_out").asInt()).isBetween(30, 90);
        assertThat(loaded.score("the bell is on sale, buy now")).isGreaterThan(0.7);
        assertThat(loaded.score("the bell stood in the yard"))
                .isLessThan(0.3)
                .isEqualTo(classifier.score("the bell stood in the yard"));
    }

    @Test
    void shouldBeTheSameForAnyOrderOfTheLines() throws IOException {
        List<String> shuffled = lines(1, 300);
        Collections.shuffle(shuffled, new Random(5));
        train(lines(1, 300)).save(folder.resolve("a"));
        train(shuffled).save(folder.resolve("b"));

        assertThat(folder.resolve("a")).hasSameBinaryContentAs(folder.resolve("b"));
    }

    @Test
    void shouldCountTheAreaWithTiesAsHalf() {
        double all =
                ClassifierTraining.auc(new double[] {0.1, 0.2, 0.8, 0.9}, new boolean[] {false, false, true, true});
        double none =
                ClassifierTraining.auc(new double[] {0.1, 0.2, 0.8, 0.9}, new boolean[] {true, true, false, false});
        double tied = ClassifierTraining.auc(new double[] {0.5, 0.5}, new boolean[] {true, false});
        // pairs: (.4,.3) right, (.4,.4) tie, (.2,.3) wrong, (.2,.4) wrong
        double mixed =
                ClassifierTraining.auc(new double[] {0.4, 0.2, 0.3, 0.4}, new boolean[] {true, true, false, false});

        assertThat(all).isEqualTo(1);
        assertThat(none).isZero();
        assertThat(tied).isEqualTo(0.5);
        assertThat(mixed).isEqualTo(1.5 / 4);
    }

    @Test
    void shouldRefuseOneKindAloneAndAFileThatIsNoModel() throws IOException {
        Path noModel = Files.writeString(folder.resolve("x"), "no model");

        assertThatThrownBy(() -> train(List.of("{\"text\":\"a b c\",\"label\":0}")))
                .isInstanceOf(PipelineException.class)
                .hasMessageContaining("there must be some with and some without");
        assertThatThrownBy(() -> Classifier.load(noModel)).hasMessageContaining("cannot read the classifier");
        assertThatThrownBy(() -> new ClassifierTraining.Settings("1", 1000, 1, 1, 0))
                .hasMessageContaining("power of two");
    }

    private Classifier train(List<String> lines) throws IOException {
        Path file = Files.write(folder.resolve("labelled.jsonl"), lines);
        var settings = new ClassifierTraining.Settings("1", 1 << 14, 8, 1, 1e-6);
        return new ClassifierTraining(settings, new Troubles()).run(List.of(file));
    }

    private static List<String> lines(long seed, int count) {
        Random random = new Random(seed);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean loud = i % 3 == 0;
            StringBuilder text = new StringBuilder();
            for (int k = 0; k < 3; k++) {
                text.append(BOTH.get(random.nextInt(BOTH.size()))).append(' ');
                List<String> kind = loud ? LOUD : CALM;
                text.append(kind.get(random.nextInt(kind.size()))).append(". ");
            }
            lines.add("{\"text\":\"" + text + i + "\",\"label\":" + (loud ? 1 : 0) + "}");
        }
        return lines;
    }
}
