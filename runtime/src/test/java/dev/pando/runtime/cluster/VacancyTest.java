package dev.pando.runtime.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.runtime.cluster.Vacancy.Sign;
import dev.pando.runtime.cluster.Vacancy.Verdict;
import dev.pando.runtime.journal.Lease.Holder;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Who may found a grove on a journal that another one wrote.
class VacancyTest {
    private static final Sign GONE = new Sign.Gone();
    private static final Sign UNKNOWN = new Sign.Unknown();
    private static final Sign STILL = new Sign.StandsStill();

    private double seconds;
    private final Vacancy vacancy = new Vacancy(() -> (long) (seconds * 1e9));

    @Test
    void shouldTakeWhatNobodyHoldsAndWhatWasGivenBack() {
        assertThat(vacancy.decide(Optional.empty(), new TreeMap<>())).isEqualTo(new Verdict.Take(1, true));
        assertThat(vacancy.decide(Optional.of(new Holder(7, "g", List.of(), true)), new TreeMap<>()))
                .isEqualTo(new Verdict.Take(8, true));
    }

    @Test
    void shouldTakeAtOnceWhatOnlyDeadProcessesHeld() {
        assertThat(vacancy.decide(held(3), signs(GONE, GONE))).isEqualTo(new Verdict.Take(4, true));
    }

    @Test
    void shouldJoinTheHolderWheneverAMemberAnswers() {
        assertThat(vacancy.decide(held(3), signs(new Sign.Member("pekko://b"), STILL)))
                .isEqualTo(new Verdict.Join(List.of("pekko://b"), "g"));
    }

    @Test
    void shouldTakeFromThoseOfWhomNothingIsKnownOnlyAfterASilenceOfTheJournal() {
        assertThat(vacancy.decide(held(3), signs(GONE, UNKNOWN))).isInstanceOf(Verdict.Wait.class);
        seconds = Vacancy.SILENCE_SECONDS - 0.1;
        assertThat(vacancy.decide(held(4), signs(GONE, UNKNOWN))).isInstanceOf(Verdict.Wait.class);
        seconds = 2 * Vacancy.SILENCE_SECONDS - 0.2;
        assertThat(vacancy.decide(held(4), signs(GONE, UNKNOWN))).isInstanceOf(Verdict.Wait.class);

        seconds = 2 * Vacancy.SILENCE_SECONDS;

        assertThat(vacancy.decide(held(4), signs(GONE, UNKNOWN))).isEqualTo(new Verdict.Take(5, false));
    }

    @Test
    void shouldWaitLongerForAProcessThatIsThere() {
        vacancy.decide(held(3), signs(STILL, UNKNOWN));
        seconds = Vacancy.STANDSTILL_SECONDS;
        assertThat(vacancy.decide(held(3), signs(STILL, UNKNOWN))).isInstanceOf(Verdict.Wait.class);

        seconds = Vacancy.STANDSTILL_SECONDS + 1;

        assertThat(vacancy.decide(held(3), signs(STILL, UNKNOWN))).isEqualTo(new Verdict.Take(4, false));
    }

    @Test
    void shouldRefuseToStandBesideAGroveThatWritesAndCannotBeReached() {
        for (seconds = 0; seconds <= Vacancy.PATIENCE_SECONDS; seconds++) {
            assertThat(vacancy.decide(held((long) seconds), signs(UNKNOWN, UNKNOWN))).isInstanceOf(Verdict.Wait.class);
        }

        assertThat(vacancy.decide(held(100), signs(UNKNOWN, UNKNOWN)))
                .isEqualTo(
                        new Verdict.Refuse(
                                "a grove that lives writes this journal, and none of its nodes answers: a:1, b:1; see"
                                        + " why they cannot be reached from here, or give this node another"
                                        + " pando.grove.journal"));
    }

    private static Optional<Holder> held(long page) {
        return Optional.of(new Holder(page, "g", List.of("a:1", "b:1"), false));
    }

    private static SortedMap<String, Sign> signs(Sign a, Sign b) {
        return new TreeMap<>(java.util.Map.of("a:1", a, "b:1", b));
    }
}
