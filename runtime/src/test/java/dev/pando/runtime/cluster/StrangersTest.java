package dev.pando.runtime.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.runtime.GroveClient;
import dev.pando.runtime.node.GroveNode;
import dev.pando.runtime.settings.JobConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.InternalClusterAction;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.util.Version;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// Actor systems that are no nodes of a grove, and messages that none of ours would send.
class StrangersTest {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir private Path temp;

    @Test
    void shouldLetInNoActorSystemOfAnotherName() throws Exception {
        BlockingQueue<String> log = new LinkedBlockingQueue<>();
        AppenderBase<ILoggingEvent> ear =
                new AppenderBase<>() {
                    @Override
                    protected void append(ILoggingEvent event) {
                        if (event.getFormattedMessage().contains("stranger")) {
                            log.add(event.getFormattedMessage());
                        }
                    }
                };
        Logger cluster = (Logger) LoggerFactory.getLogger("org.apache.pekko");
        Level before = cluster.getLevel();
        ear.start();
        cluster.setLevel(Level.WARN);
        cluster.addAppender(ear);
        try (GroveNode node = GroveNode.start(settings("first", List.of()))) {
            node.up().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            String system = ControlClient.one(node.address(), ControlProtocol.ask("where"), "where", 10_000).asText();
            ActorSystem<Void> stranger =
                    ActorSystem.create(
                            Behaviors.empty(), "stranger", settings("stranger", List.of()).actorSystem(Map.of()));
            try {
                // by itself it would not even ask
                InternalClusterAction.Join forged =
                        new InternalClusterAction.Join(
                                Cluster.get(stranger).selfMember().uniqueAddress(),
                                Cluster.get(stranger).selfMember().roles(),
                                Version.Zero());
                ActorSelection first =
                        Adapter.toClassic(stranger).actorSelection(system + "/system/cluster/core/daemon");
                String word = null;
                for (int tries = 0; word == null && tries < PATIENCE_SECONDS; tries++) {
                    first.tell(forged, ActorRef.noSender());
                    word = log.poll(1, TimeUnit.SECONDS);
                }
                assertThat(word).contains("Member with wrong ActorSystem name tried to join, but was ignored");
            } finally {
                stranger.terminate();
            }

            assertThat(GroveClient.at(List.of(node.address())).status().nodes())
                    .extracting(NodeLine::name)
                    .containsExactly("first");
        } finally {
            cluster.detachAppender(ear);
            cluster.setLevel(before);
        }
    }

    @Test
    void shouldNeitherWriteNorReadJavasOwnSerialization() {
        ActorSystem<Void> system =
                ActorSystem.create(Behaviors.empty(), "pando", settings("node", List.of()).actorSystem(Map.of()));
        try {
            var serialization = SerializationExtension.get(system.classicSystem());

            assertThatThrownBy(() -> serialization.serialize(new ArrayList<>(List.of("anything"))).get())
                    .isInstanceOf(Exception.class);
            assertThat(system.settings().config().getBoolean("pekko.actor.allow-java-serialization")).isFalse();
        } finally {
            system.terminate();
        }
    }

    private NodeSettings settings(String name, List<String> join) {
        Config defaults = JobConfig.nothing().whole();
        return new NodeSettings(
                name,
                0,
                defaults.getConfig("pando.grove")
                        .withValue("journal", ConfigValueFactory.fromAnyRef(temp.resolve("journal").toString())),
                defaults.getConfig("pando.system"),
                join);
    }
}
