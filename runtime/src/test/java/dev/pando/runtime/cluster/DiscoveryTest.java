package dev.pando.runtime.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DiscoveryTest {
    @Test
    void shouldNotDiscoverAnybodyUnlessAsked() {
        assertThat(Discovery.of(grove())).isEmpty();
    }

    @Test
    void shouldFindTheNodesOfAListByTheirNumbers() throws IOException {
        Config grove =
                grove("discovery.method=config", "discovery.nodes=[\"127.0.0.1:1\", \"no-such-host.invalid:2\"]");

        assertThat(Discovery.of(grove).orElseThrow().nodes())
                .containsExactlyInAnyOrder("127.0.0.1:1", "no-such-host.invalid:2");
    }

    @Test
    void shouldFindAllAddressesOfAName() throws IOException {
        Config grove = grove("discovery.method=dns", "discovery.name=localhost", "port=7355");

        assertThat(Discovery.of(grove).orElseThrow().nodes()).contains("127.0.0.1:7355");
    }

    @Test
    void shouldSayThatANameIsNotKnownYet() {
        Config grove = grove("discovery.method=dns", "discovery.name=no-such-host.invalid", "port=7355");

        assertThatThrownBy(() -> Discovery.of(grove).orElseThrow().nodes())
                .isInstanceOf(IOException.class)
                .hasMessage("there is no host no-such-host.invalid yet");
    }

    @Test
    void shouldRefuseWhatCannotBeMeantInOneSentence() {
        assertRefused(
                "pando.grove.discovery.method must be none, config, dns or kubernetes-api, not consul",
                "discovery.method=consul");
        assertRefused(
                "pando.grove.discovery.nodes must name the nodes, host:port each, where discovery.method = config",
                "discovery.method=config");
        assertRefused(
                "a node is named by host:port, as in 127.0.0.1:7355, not by here",
                "discovery.method=config",
                "discovery.nodes=[here]");
        assertRefused(
                "pando.grove.port must be set, and the same for all nodes, where others discover them",
                "discovery.method=dns",
                "discovery.name=localhost");
        assertThatThrownBy(() -> Discovery.required(grove("discovery.required-nodes=0")))
                .isInstanceOf(UserError.class)
                .hasMessage("pando.grove.discovery.required-nodes must be a number from 1 on, not 0");
    }

    private static void assertRefused(String sentence, String... sets) {
        assertThatThrownBy(() -> Discovery.of(grove(sets))).isInstanceOf(UserError.class).hasMessage(sentence);
    }

    private static Config grove(String... sets) {
        JobConfig written = JobConfig.nothing();
        for (String set : sets) {
            written = written.set("pando.grove." + set);
        }
        return written.whole().getConfig("pando.grove");
    }
}
