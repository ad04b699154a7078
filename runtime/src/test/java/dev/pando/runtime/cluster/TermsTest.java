package dev.pando.runtime.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import dev.pando.runtime.report.Version;
import dev.pando.runtime.settings.JobConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What keeps a node out of a grove; GroveQuestionsTest asks the same of nodes that live.
class TermsTest {
    private final Config defaults = JobConfig.nothing().whole();
    private final NodeSettings node =
            new NodeSettings(
                    "node", 1, defaults.getConfig("pando.grove"), defaults.getConfig("pando.system"), List.of());

    @Test
    void shouldLetInWhoeverIsEqual() {
        assertThat(terms(Version.pando()).objection(node, "b:1")).isEmpty();
    }

    @Test
    void shouldRefuseAnotherVersion() {
        assertThat(terms("0.0.7").objection(node, "b:1"))
                .hasValue(
                        "the grove of a:1 runs Pando 0.0.7, and this node "
                                + Version.pando()
                                + ": all nodes of a grove run one version");
    }

    /// One of an earlier version says only where it is.
    @Test
    void shouldRefuseAVersionThatDoesNotSayWhichItIs() {
        assertThat(new Terms("pekko://pando@a:2", null, null, null, null).objection(node, "b:1"))
                .hasValueSatisfying(sentence -> assertThat(sentence).contains("runs Pando another version"));
    }

    /// Started again at the same address, it is not its own namesake.
    @Test
    void shouldNotTakeAnEarlierLifeForAnotherNode() {
        Terms terms =
                new Terms("pekko://pando@a:2", "g", Version.pando(), node.grounds().shown(), Map.of("node", "b:1"));

        assertThat(terms.objection(node, "b:1")).isEmpty();
    }

    private Terms terms(String version) {
        return new Terms("pekko://pando@a:2", "g", version, node.grounds().shown(), Map.of("first", "a:1"));
    }
}
