package dev.pando.chaos.survival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SurvivalReportTest {
    @Test
    void shouldDrawWhatIsThereAndLeaveOutWhatIsNoNumber() {
        Survival survival = survival("sha256:aa", "sha256:aa", List.of());

        String page = SurvivalReport.page(survival);

        assertThat(survival.isSound()).isTrue();
        assertThat(survival.goodput()).isCloseTo(0.8, within(1e-9));
        assertThat(page)
                .contains("\"sound\":true", "\"goodput\":0.8", "\"noticed\":null", "a \\u003c b")
                .doesNotContain("/*data*/", "/*style*/", "/*script*/", "NaN\"");
    }

    @Test
    void shouldNotCallARunSoundThatEndsOtherwiseOrBreaksARule() {
        assertThat(survival("sha256:aa", "sha256:bb", List.of()).isSound()).isFalse();
        assertThat(survival("", "", List.of()).isSound()).isFalse();
        assertThat(survival("sha256:aa", "sha256:aa", List.of("event 3: steps are committed once")).isSound())
                .isFalse();
    }

    private static Survival survival(String hash, String expected, List<String> violations) {
        Scar scar =
                new Scar(
                        1.5,
                        "delay",
                        "delay worker-0 50ms",
                        "a < b",
                        "it is late",
                        Double.NaN,
                        "",
                        0.5,
                        Double.NaN,
                        0,
                        List.of());
        return new Survival(
                "job",
                2,
                2,
                "2026-01-01T00:00:00Z",
                "all 3 steps are committed",
                hash,
                expected,
                violations,
                3,
                0,
                5,
                4,
                new double[] {2, 3},
                new double[] {2, 2},
                new double[] {0, 2, 5},
                new int[] {2, 1, 2},
                List.of(scar),
                List.of());
    }
}
