package dev.pando.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultScriptTest {
    @Provide
    Arbitrary<FaultScript> scripts() {
        return Faults.scripts();
    }

    @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
    void shouldReadWhatItWrote(@ForAll("scripts") FaultScript script) {
        assertThat(FaultScript.parse(script.toString())).isEqualTo(script);
    }

    @Test
    void shouldReadTheScriptOfTheReadme() {
        FaultScript script = FaultScript.parse("kill worker-2 at step 7, hang worker-0 at step 12");

        assertThat(script.faults())
                .containsExactly(
                        new Fault(new Effect.Kill(), new Target.Worker(2), new When.AtStep(7)),
                        new Fault(new Effect.Hang(), new Target.Worker(0), new When.AtStep(12)));
    }

    @Test
    void shouldTakeTheWordsInAnyOrder() {
        FaultScript one =
                FaultScript.parse("Stop 3s worker-1 at step 4 in reduce; slow x4 for 20 steps worker-0 at step 3");
        FaultScript other =
                FaultScript.parse(
                        "stop worker-1 for 3s in reduce at step 4,\n slow on worker-0 at step 3 for 20 steps x4");

        assertThat(one).isEqualTo(other);
        assertThat(one.faults().getFirst().effect()).isEqualTo(new Effect.Stop(Duration.ofSeconds(3)));
    }

    @Test
    void shouldKeepCommasOfAPartitionApartFromCommasBetweenFaults() {
        FaultScript script = FaultScript.parse("partition node-0, node-1 | node-2 at step 4, kill worker-1 at step 5");

        assertThat(script.faults()).hasSize(2);
        assertThat(script.faults().getFirst().target())
                .isEqualTo(
                        new Target.Sides(
                                List.of(List.of(new Target.Node(0), new Target.Node(1)), List.of(new Target.Node(2)))));
    }

    @Test
    void shouldWaitForEvents() {
        Fault fault = FaultScript.parse("kill worker-0 when the store saves at step 5").faults().getFirst();

        assertThat(fault.when()).isEqualTo(new When.OnEvent(new Target.Store(), Phase.SAVE, 5));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = "=>",
            quoteCharacter = '`',
            textBlock =
                    """
                    kil worker-2 at step 7                => 1  => did you mean "kill"?
                    kill worker-2                         => 1  => does not say when
                    kill worker-2 at step seven           => 23 => here belongs the number of a step, not "seven"
                    kill wroker-2 at step 7               => 6  => did you mean "worker-0"?
                    kill worker-2 at stp 7                => 18 => did you mean "step"?
                    kill worker-1 at step 1, hagn any at step 2 => 26 => did you mean "hang"?
                    stop worker-1 at step 4               => 1  => does not say how long
                    stop worker-1 0s at step 4            => 1  => a duration is at least 1ms
                    slow worker-1 x0.5 at step 4          => 1  => a factor is above 1
                    bit flip of worker-1 at step 4        => 10 => a bit flip says where
                    bit flip in wieght at step 4          => 13 => did you mean "weight"?
                    kill worker-1 x4 at step 4            => 1  => takes no factor
                    disk full worker-1 at step 4          => 1  => takes no target worker-1
                    kill worker-1 worker-2 at step 4      => 15 => a second target
                    kill worker-1 when worker-0 saves     => 29 => worker-0 never saves
                    kill worker-1 when worker-0 vots      => 29 => did you mean "votes"?
                    kill any at rate 2 per step           => 10 => at most 1
                    kill any at rate 0.1                  => 18 => at rate 0.1 per step
                    out off memory worker-1 at step 3     => 1  => did you mean "out of memory"?
                    kill worker-1 in save at step 3       => 1  => cannot strike in save
                    partition node-1 at step 3            => 11 => at least two sides
                    nan loss in reduce at step 3          => 1  => takes no other moment
                    """)
    void shouldSayInOneSentenceWhatIsWrongAndWhere(String script, int position, String part) {
        assertThatThrownBy(() -> FaultScript.parse(script))
                .isInstanceOfSatisfying(
                        FaultSyntaxException.class, error -> assertThat(error.position()).isEqualTo(position))
                .hasMessageContaining(part)
                .hasMessageNotContaining("\n");
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void shouldBindTheSameSeedToTheSameFaults(@ForAll("scripts") FaultScript script, @ForAll long seed) {
        FaultScript bound = script.bind(seed, 3, 20);

        assertThat(script.bind(seed, 3, 20)).isEqualTo(bound);
        assertThat(bound.faults())
                .allSatisfy(fault -> {
                    assertThat(fault.when()).isNotInstanceOf(When.AtRate.class);
                    assertThat(fault.target()).isNotInstanceOf(Target.Any.class);
                    assertThat(!(fault.target() instanceof Target.Worker worker) || worker.number() < 3).isTrue();
                });
    }

    @Test
    void shouldStrikeAboutAsOftenAsTheRateSays() {
        FaultScript bound = FaultScript.parse("kill any at rate 0.1 per step").bind(42, 4, 10_000);

        // binomial(10000, 0.1): mean 1000, standard deviation 30; five of them
        assertThat(bound.faults()).hasSizeBetween(850, 1150);
        assertThat(bound.faults().stream().map(Fault::target).distinct()).hasSize(4);
    }

    @Test
    void shouldStrikeEveryWorkerWhereAllAreMeant() {
        assertThat(FaultScript.parse("kill all at step 3").bind(1, 3, 10))
                .isEqualTo(
                        FaultScript.parse("kill worker-0 at step 3, kill worker-1 at step 3, kill worker-2 at step 3"));
    }

    @Test
    void shouldLeaveOutWorkersThatAreNotThere() {
        assertThat(
                        FaultScript.parse(
                                        "kill worker-2 at step 7, kill worker-0 when worker-2 votes, hang worker-0 at"
                                                + " step 12")
                                .bind(1, 2, 20))
                .isEqualTo(FaultScript.parse("hang worker-0 at step 12"));
    }

    @Test
    void shouldRefuseWhatNothingInjects() {
        assertThat(
                        FaultScript.parse(
                                        "clock jump worker-0 30s at step 1, kill node-1 at step 2, kill worker-1 at"
                                                + " step 3")
                                .refusals())
                .hasSize(2)
                .allMatch(sentence -> sentence.contains("nothing injects"));
    }

    @Test
    void shouldRefusePoisonThatWaitsForSomebody() {
        assertThatThrownBy(() -> FaultScript.parse("poisoned batch when worker-1 votes"))
                .isInstanceOf(FaultSyntaxException.class)
                .hasMessageContaining("poisoned batch comes from the data, on every worker: say at which step");
    }

    @Test
    void shouldKnowItsWorkersByIncarnation() {
        assertThat(new Target.Worker(2).isMeantBy("worker-2#3")).isTrue();
        assertThat(new Target.Worker(2, 1).isMeantBy("worker-2")).isTrue();
        assertThat(new Target.Worker(2, 2).isMeantBy("worker-2")).isFalse();
        assertThat(new Target.Worker(2, 2).isMeantBy("worker-2#2")).isTrue();
        assertThat(new Target.Worker(2).isMeantBy("worker-22")).isFalse();
    }
}
