package dev.pando.diagnosis.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.diagnosis.DiagnosisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: schedules worked out by hand.
final class ReplayTest {
    private static final String HEADER = "job_id,user,gpu_num,type,state,submit_time,duration,queue\n";
    private static final FaultSchedule.Run RUN = new FaultSchedule.Run(4, 101, 7, 8, 2048, 720);

    @TempDir private Path folder;

    @Test
    void shouldSpreadFailedJobsOverTheSteps() throws IOException {
        Path trace =
                write(
                        HEADER
                                + "1,u,8,Pretrain,COMPLETED,0,1000,0\n"
                                + "2,u,8,Pretrain,FAILED,100,390,10\n"
                                + "3,u,16,Pretrain,NODE_FAIL,100,650,0\n"
                                + "4,u,1,Eval,FAILED,300,1,0\n");

        FaultSchedule schedule = FaultSchedule.of(trace, RUN);

        assertThat(schedule.faults()).hasSize(2);
        assertThat(schedule.faults().get(0)).matches("throw worker-[0-3] at step 51");
        assertThat(schedule.faults().get(1)).matches("kill worker-[0-3] at step 76");
        assertThat(FaultSchedule.of(trace, RUN)).isEqualTo(schedule);
    }

    @Test
    void shouldDrawFromATableWhatStrikesRunningJobs() throws IOException {
        Path table =
                write(
                        "category,reason,num,ttf_avg_min\n"
                                + "Infrastructure,NVLinkError,54,868\n"
                                + "Framework,ValueError,3300,10\n"
                                + "Script,TypeError,62000,1\n");

        FaultSchedule schedule = FaultSchedule.of(table, RUN);

        // 54 / 5.32e6 a GPU hour, 2,048 GPUs, 720 hours: 15 expected
        assertThat(schedule.failures()).isBetween(5, 30);
        assertThat(schedule.faults()).allMatch(fault -> fault.matches("device error xid 74 worker-[0-3] at step \\d+"));
        assertThat(schedule.faults()).doesNotHaveDuplicates();
    }

    @Test
    void shouldSayWhatATraceLacks() throws IOException {
        Path trace = write("gpu_num,duration\n8,10\n");

        assertThatThrownBy(() -> FaultSchedule.of(trace, RUN))
                .isInstanceOf(DiagnosisException.class)
                .hasMessageContaining("states");
    }

    @Test
    void shouldLetPreTrainingTakeBackWhatIsReserved() throws IOException {
        // 8 GPUs: an evaluation holds them all when pre-training comes for 4
        Path trace =
                write(
                        HEADER
                                + "1,u,8,Eval,COMPLETED,0,100,0\n"
                                + "2,u,4,Pretrain,COMPLETED,10,50,0\n"
                                + "3,u,4,Eval,COMPLETED,20,5,0\n");

        String report = JobReplay.report(List.of(trace), 8, 4);

        // one line: pre-training waits 90 s, and the small evaluation 80 s; reserved: pre-training at once
        assertThat(report).contains("| fifo | Pretrain | 1 | 90 |", "| reservation | Pretrain | 1 | 0 |");
        assertThat(report).contains("(1 times)").contains("| reservation | Eval | 2 | 0 | 0 |");
    }

    @Test
    void shouldNotTakeBackMoreThanIsReserved() throws IOException {
        Path trace = write(HEADER + "1,u,8,Eval,COMPLETED,0,100,0\n2,u,6,Pretrain,COMPLETED,10,50,0\n");

        assertThat(JobReplay.report(List.of(trace), 8, 4))
                .contains("| reservation | Pretrain | 1 | 90 |")
                .contains("(0 times)");
    }

    @Test
    void shouldRefuseAReservationThatIsLargerThanTheCluster() {
        assertThatThrownBy(() -> JobReplay.report(List.of(), 8, 9))
                .isInstanceOf(DiagnosisException.class)
                .hasMessageContaining("--reserved");
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("trace_seren.csv"), text);
    }
}
