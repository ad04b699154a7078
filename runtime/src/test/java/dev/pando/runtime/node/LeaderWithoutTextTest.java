package dev.pando.runtime.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.runtime.TinyJob;
import dev.pando.runtime.build.NodeWorkbench;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.training.step.CheckpointStore;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A node that does not find a job's prepared text takes no part in it, and may lead it.
class LeaderWithoutTextTest {
    @TempDir private Path temp;

    @Test
    void shouldLeadWithoutTheTextThatItsOwnDeviceWouldNeed() {
        JobSpec job = JobAdmission.spec(new TinyJob(temp).settings("run"), "0123456789abcdef", "");
        try (NodeWorkbench tools = new NodeWorkbench(settings());
                CheckpointStore checkpoints = tools.checkpoints(job)) {
            assertThat(checkpoints).isNotNull();
            assertThatThrownBy(() -> tools.replica(job, "node.worker-0"))
                    .isInstanceOf(ReplicaFactory.Refusal.class)
                    .hasMessageContaining("the hosts of a grove share the folder pando.job.data.prepared");
        }
    }

    private NodeSettings settings() {
        Config defaults = JobConfig.nothing().whole();
        Config grove =
                defaults.getConfig("pando.grove")
                        .withValue("folders", ConfigValueFactory.fromAnyRef(List.of(temp.toString())));
        return new NodeSettings("node", 1, grove, defaults.getConfig("pando.system"), List.of());
    }
}
