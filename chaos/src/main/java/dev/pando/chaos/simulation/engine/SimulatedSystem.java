package dev.pando.chaos.simulation.engine;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.Persistence;

/// An actor system without threads and without a clock: the engine turns it. One serves many worlds, one after the
/// other.
public final class SimulatedSystem implements AutoCloseable {
    /// Something to do in the context of a world's root.
    public record Do(Consumer<ActorContext<Do>> what) {}

    private static final String JOURNAL = "pando.journal";
    private static final String NO_SNAPSHOTS = "pekko.persistence.no-snapshot-store";
    static final String WORLD = "world";

    private static final Map<String, Engine> ENGINES = new ConcurrentHashMap<>();
    private static final AtomicLong NUMBERED = new AtomicLong();

    private final String id = "simulation-" + NUMBERED.incrementAndGet();
    private final Engine engine = new Engine();
    private final ActorSystem<Do> system;
    private long worlds;

    public SimulatedSystem() {
        ENGINES.put(id, engine);
        this.system = ActorSystem.create(root(), "simulation", config());
        // The system's own actors are there before the first world, as they are before every other.
        Persistence persistence = Persistence.get(system.classicSystem());
        Stream.of(
                        system.receptionist(),
                        system.eventStream(),
                        persistence.journalFor(JOURNAL, ConfigFactory.empty()),
                        persistence.snapshotStoreFor(NO_SNAPSHOTS, ConfigFactory.empty()))
                .forEach(early -> engine.settle());
    }

    static Engine engineOf(Config config) {
        return ENGINES.get(config.getString("pando.simulation.engine"));
    }

    public Engine engine() {
        return engine;
    }

    /// Begins a world, in the context of whose root nodes are started.
    public ActorRef<Do> begin(long seed, World world) {
        engine.begin(seed, world);
        String name = WORLD + worlds++;
        @SuppressWarnings({"unchecked", "rawtypes"})
        ActorRef<Do>[] begun = new ActorRef[1];
        system.tell(new Do(context -> begun[0] = context.spawn(root(), name)));
        engine.settle();
        return begun[0];
    }

    /// Ends a world: stops all that is left of it, without letting it do anything more.
    public void end(ActorRef<Do> root) {
        engine.forgetEvents();
        system.tell(new Do(context -> context.stop(root)));
        engine.settle();
        engine.forgetEvents();
        engine.begin(0, World.EMPTY);
    }

    private static Behavior<Do> root() {
        return Behaviors.setup(context ->
                Behaviors.receiveMessage(asked -> {
                    asked.what().accept(context);
                    return Behaviors.same();
                }));
    }

    private Config config() {
        String ours = SimulatedSystem.class.getPackageName();
        return ConfigFactory.parseString(
                        """
                        pando.simulation.engine = "%1$s"
                        pando.journal.class = "%2$s.SimulatedJournal"
                        # What it remembers would outlive a world.
                        pando.journal.circuit-breaker.max-failures = 1000000000
                        pekko {
                          use-slf4j = off
                          loggers = ["org.apache.pekko.event.Logging$StandardOutLogger"]
                          loglevel = OFF
                          library-extensions = ["org.apache.pekko.serialization.SerializationExtension$"]
                          stdout-loglevel = OFF
                          log-dead-letters = off
                          log-dead-letters-during-shutdown = off
                          daemonic = on
                          jvm-exit-on-fatal-error = off
                          jvm-shutdown-hooks = off
                          coordinated-shutdown.run-by-jvm-shutdown-hook = off
                          scheduler.implementation = "%2$s.EngineScheduler"
                          persistence.dispatchers {
                            default-plugin-dispatcher =
                                { type = Dispatcher, executor = "%2$s.EngineExecutor", throughput = 1 }
                            default-replay-dispatcher =
                                { type = Dispatcher, executor = "%2$s.EngineExecutor", throughput = 1 }
                          }
                          actor {
                            provider = local
                            default-mailbox.mailbox-type = "%2$s.EngineMailbox"
                            typed.default-mailbox.mailbox-type = "%2$s.EngineMailbox"
                            default-dispatcher = { type = Dispatcher, executor = "%2$s.EngineExecutor", throughput = 1 }
                            internal-dispatcher = { type = Dispatcher, executor = "%2$s.EngineExecutor", throughput = 1 }
                            default-blocking-io-dispatcher =
                                { type = Dispatcher, executor = "%2$s.EngineExecutor", throughput = 1 }
                          }
                        }
                        """
                                .formatted(id, ours))
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }

    @Override
    public void close() {
        engine.begin(0, World.EMPTY);
        system.terminate();
        engine.settle();
        ENGINES.remove(id);
    }
}
