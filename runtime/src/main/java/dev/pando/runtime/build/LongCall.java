package dev.pando.runtime.build;

import dev.pando.runtime.job.Preparation;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// A call that may take long, of which a person hears meanwhile whom it waits for.
///
/// @param firstMs after which that is said
/// @param againMs after which it is said again, as long as it lasts
record LongCall(long firstMs, long againMs) {
    /// For a person who watches.
    static final LongCall WATCHED = new LongCall(2_000, 15_000);

    /// Makes the call on this thread.
    ///
    /// @param awaited says whom it waits for
    <T> T telling(Preparation told, Supplier<String> awaited, Supplier<T> call) {
        CountDownLatch answered = new CountDownLatch(1);
        Thread teller = Thread.ofPlatform().name("pando-waiting").daemon().start(() -> tell(told, awaited, answered));
        try {
            return call.get();
        } finally {
            answered.countDown();
            awaitEnd(teller);
        }
    }

    private void tell(Preparation told, Supplier<String> awaited, CountDownLatch answered) {
        try {
            long pause = firstMs;
            while (!answered.await(pause, TimeUnit.MILLISECONDS)) {
                told.waiting(awaited.get());
                pause = againMs;
            }
        } catch (InterruptedException nobodys) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException deaf) {
            // the listener is gone, which the caller will find out
        }
    }

    /// After this only the caller reports anything.
    private static void awaitEnd(Thread teller) {
        boolean interrupted = false;
        while (teller.isAlive()) {
            try {
                teller.join();
            } catch (InterruptedException hurried) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
