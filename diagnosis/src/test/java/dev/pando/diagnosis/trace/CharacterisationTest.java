package dev.pando.diagnosis.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.pando.diagnosis.DiagnosisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CharacterisationTest {
    private static final String SEREN =
            "job_id,user,node_num,gpu_num,cpu_num,type,state,submit_time,start_time,end_time,duration,queue,gpu_time\n";

    @TempDir private Path folder;

    @Test
    void shouldAddUpJobsByTypeAndState() throws IOException {
        Path trace =
                write(
                        "trace_seren.csv",
                        SEREN
                                + "1,u1,1,8,64,Pretrain,COMPLETED,2023-05-01 10:00:00+08:00,2023-05-01"
                                + " 10:00:10+08:00,2023-05-01 11:00:10+08:00,3600,10,28800\n"
                                + "2,u2,1,1,8,Eval,FAILED,2023-05-01 10:00:00+08:00,2023-05-01"
                                + " 10:00:30+08:00,2023-05-01 10:02:10+08:00,100,30,100\n"
                                + "3,u2,1,0,8,CPU,COMPLETED,2023-05-01 12:00:00+08:00,2023-05-01"
                                + " 12:00:00+08:00,2023-05-01 12:00:05+08:00,5,0,0\n");

        Jobs jobs = Characterisation.of(List.of(trace)).clusters().get("Seren");

        assertThat(jobs.all.jobs).isEqualTo(2);
        assertThat(jobs.cpuJobs()).isEqualTo(1);
        assertThat(jobs.all.gpuSeconds).isEqualTo(28_900);
        assertThat(jobs.byType).containsOnlyKeys("Pretrain", "Eval");
        assertThat(jobs.byHour[10]).isEqualTo(2);
        assertThat(jobs.together()).isEqualTo(1);
        assertThat(Figures.of(jobs)).containsEntry("jobs failed, %", 50.0).containsEntry("largest job, GPUs", 8.0);
    }

    @Test
    void shouldTakeTheQueueOffWhereADurationHoldsIt() throws IOException {
        Path kalos =
                write("kalos.csv", "job_id,gpu_num,duration,queue,state,mem_per_pod_GB\nj,4,110,10,COMPLETED,100\n");

        Jobs jobs = Characterisation.of(List.of(kalos)).clusters().get("Kalos");

        assertThat(jobs.all.gpuSeconds).isEqualTo(400);
    }

    @Test
    void shouldReadTracesOfOtherClusters() throws IOException {
        Path pai =
                write(
                        "pai.csv",
                        "job_name,task_name,inst_num,status,start_time,end_time,plan_gpu\n"
                                + "a,worker,4,Terminated,100,300,50\n");
        Path philly =
                write(
                        "philly.csv",
                        "user,gpu_num,state,submit_time,start_time,end_time\n"
                                + "u,2,Killed,2017-10-09 07:02:37,2017-10-09 07:03:37,2017-10-09 07:04:37\n");

        Characterisation both = Characterisation.of(List.of(pai, philly));

        assertThat(both.clusters().get("pai").all.gpuSeconds).isEqualTo(400);
        assertThat(both.clusters().get("philly").all.gpuSeconds).isEqualTo(120);
        assertThat(both.clusters().get("philly").all.queue.mean()).isEqualTo(60);
        assertThat(Figures.of(both.clusters().get("philly"))).containsEntry("jobs cancelled, %", 100.0);
        assertThat(both.lacks("pai")).contains("queues").contains("users");
    }

    @Test
    void shouldDrawAReportThatMarksWhatThePaperSaysOtherwise() throws IOException {
        Path trace = write("trace_seren.csv", SEREN + "1,<b>,1,1,1,Eval,COMPLETED,,,,1000,900,1000\n");
        write("utilization.csv", "cluster,metric,percentile,value\nSeren,gpu,50.0,97\nSeren,gpu,51.5,97\n");
        Path report = folder.resolve("report.html");

        Characterisation.of(List.of(folder)).writeReport(report);

        assertThat(trace).exists();
        assertThat(Files.readString(report))
                .contains("<tr class=\"apart\"><td>duration, median s<td>")
                .contains("<svg")
                .contains("utilization.csv")
                .contains("<td>50.0")
                .doesNotContain("<td>51.5")
                .doesNotContain("<b>");
    }

    @Test
    void shouldSayWhatATableMustHold() throws IOException {
        Path other = write("names.csv", "name\nx\n");

        assertThatThrownBy(() -> Characterisation.of(List.of(other)))
                .isInstanceOf(DiagnosisException.class)
                .hasMessageContaining("gpu_num");
    }

    @Test
    void shouldKnowQuantilesToThreePercent() {
        Histogram histogram = new Histogram();
        for (int i = 1; i <= 100_000; i++) {
            histogram.add(i);
        }

        // the oracle is arithmetic: the q-quantile of 1..n is q n
        assertThat(histogram.quantile(0.5)).isCloseTo(50_000, within(1_600.0));
        assertThat(histogram.quantile(0.99)).isCloseTo(99_000, within(3_100.0));
        assertThat(histogram.mean()).isEqualTo(50_000.5);
        assertThat(histogram.atMost(1e9)).isEqualTo(1);
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }
}
