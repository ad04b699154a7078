package dev.pando.chaos.simulation.engine;

import com.typesafe.config.Config;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;

/// The executor of every dispatcher of a simulated system: has no thread, and gives each task a turn of the engine.
/// Named in the system's config.
public final class EngineExecutor extends ExecutorServiceConfigurator {
    private final Engine engine;

    public EngineExecutor(Config config, DispatcherPrerequisites prerequisites) {
        super(config, prerequisites);
        this.engine = SimulatedSystem.engineOf(prerequisites.settings().config());
    }

    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
        return () -> new Turns(engine);
    }

    private static final class Turns extends AbstractExecutorService {
        private final Engine engine;
        private boolean shutdown;

        private Turns(Engine engine) {
            this.engine = engine;
        }

        @Override
        public void execute(Runnable task) {
            engine.turn(task);
        }

        @Override
        public void shutdown() {
            shutdown = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutdown = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shutdown;
        }

        @Override
        public boolean isTerminated() {
            return shutdown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return shutdown;
        }
    }
}
