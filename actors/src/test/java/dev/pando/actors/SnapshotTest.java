package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// A state is copied beside the next step's computation, and stays as it is until the copy is complete.
class SnapshotTest {
    private static final long STEPS = 12;
    private static final long MARK = 5;

    /// Copies no sooner than the step after is computed, added and voted on.
    private static final class LateCopier implements DeviceThread {
        private final DeviceThread thread = DeviceThread.Factory.platform().start("late");
        private final CountDownLatch voted;
        private final CountDownLatch applied;
        private final AtomicInteger copies;

        LateCopier(CountDownLatch voted, CountDownLatch applied, AtomicInteger copies) {
            this.voted = voted;
            this.applied = applied;
            this.copies = copies;
        }

        @Override
        public <T> CompletionStage<T> submit(Callable<T> copy) {
            return thread.submit(() -> {
                voted.await(60, TimeUnit.SECONDS);
                applied.await(200, TimeUnit.MILLISECONDS); // which it must not be
                T done = copy.call();
                copies.incrementAndGet();
                return done;
            });
        }

        @Override
        public void submitLast(Runnable task) {
            thread.submitLast(task);
        }

        @Override
        public void abandon() {
            thread.abandon();
        }
    }

    @Test
    void shouldComputeTheNextStepBesideTheCopyAndApplyItAfter() throws Exception {
        CountDownLatch voted = new CountDownLatch(1);
        CountDownLatch applied = new CountDownLatch(1);
        AtomicInteger copies = new AtomicInteger();
        AtomicBoolean copiedFirst = new AtomicBoolean();
        DeviceThread.Factory threads =
                name ->
                        name.startsWith("snapshot-")
                                ? new LateCopier(voted, applied, copies)
                                : DeviceThread.Factory.platform().start(name);
        try (TinyGrove grove = new TinyGrove(1, new MemoryStore(), threads)) {
            grove.fault(new TinyGrove.Fault("worker-0", TinyGrove.Point.EXAMINE, MARK, voted::countDown));
            grove.fault(
                    new TinyGrove.Fault(
                            "worker-0",
                            TinyGrove.Point.APPLY,
                            MARK,
                            () -> {
                                copiedFirst.set(copies.get() == 1);
                                applied.countDown();
                            }));

            String hash = grove.submit(new JobSpec("tiny", STEPS, 4, 1, MARK, "")).awaitHash();

            assertThat(copiedFirst).as("step " + MARK + " was applied after the copy of the state before it").isTrue();
            assertThat(grove.seen(JobEvent.SnapshotTaken.class).getFirst().step()).isEqualTo(MARK);
            assertThat(hash).isEqualTo(undisturbed());
        }
    }

    private static String undisturbed() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(1, new MemoryStore())) {
            return grove.submit(new JobSpec("tiny", STEPS, 4, 1, 100, "")).awaitHash();
        }
    }
}
