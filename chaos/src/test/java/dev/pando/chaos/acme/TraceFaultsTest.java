package dev.pando.chaos.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.chaos.faults.FaultScript;
import dev.pando.diagnosis.trace.FaultSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: the parser of the fault language, and table 3 as [FailureReason] has it.
final class TraceFaultsTest {
    @TempDir private Path folder;

    @Test
    void shouldTakeTheFaultsOfATableForAScript() throws IOException {
        String rows =
                Arrays.stream(FailureReason.values())
                        .map(reason ->
                                String.format(
                                        Locale.ROOT,
                                        "%s,%s,%d,%.1f%n",
                                        reason.category() == FailureReason.Category.INFRASTRUCTURE
                                                ? "Infrastructure"
                                                : reason.category() == FailureReason.Category.FRAMEWORK
                                                        ? "Framework"
                                                        : "Script",
                                        reason.reason(),
                                        reason.count(),
                                        reason.meanMinutesToFailure()))
                        .collect(Collectors.joining());
        Path table = Files.writeString(folder.resolve("table3.csv"), "category,reason,num,ttf_avg_min\n" + rows);

        FaultSchedule schedule = FaultSchedule.of(table, new FaultSchedule.Run(4, 2000, 3, 8, 2048, 4000));

        FaultScript script = FaultScript.parse(String.join("\n", schedule.faults()));
        assertThat(script.faults()).hasSize(schedule.faults().size());
        assertThat(script.refusals()).isEmpty();
        // what may come from these reasons: one fault of each reason that strikes running jobs
        assertThat(script.faults().stream().map(fault -> fault.effect().kind()).distinct())
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(FailureReason.values())
                                .filter(FailureReason::strikesRunningJobs)
                                .map(reason -> reason.effect().kind())
                                .distinct()
                                .toList());
    }

    @Test
    void shouldTakeTheFaultsOfAJobTraceForAScript() throws IOException {
        Path trace =
                Files.writeString(
                        folder.resolve("trace_seren.csv"),
                        "job_id,gpu_num,type,state,submit_time,duration,queue\n"
                                + "1,8,Pretrain,FAILED,0,500,0\n"
                                + "2,8,Pretrain,NODE_FAIL,0,700,0\n"
                                + "3,8,Pretrain,TIMEOUT,0,800,0\n"
                                + "4,8,Pretrain,PREEMPTED,0,900,0\n"
                                + "5,8,Pretrain,COMPLETED,0,1000,0\n");

        FaultSchedule schedule = FaultSchedule.of(trace, new FaultSchedule.Run(2, 50, 1, 8, 8, 1));

        FaultScript script = FaultScript.parse(String.join("\n", schedule.faults()));
        assertThat(script.faults()).hasSize(4);
        assertThat(script.refusals()).isEmpty();
    }
}
