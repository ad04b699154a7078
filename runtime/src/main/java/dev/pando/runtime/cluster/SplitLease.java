package dev.pando.runtime.cluster;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.apache.pekko.coordination.lease.javadsl.Lease;

/// Lets Pekko's split brain resolver ask [Splits] which side goes on.
///
/// It is never given back: a side that has lost stays lost. Made by Pekko.
public final class SplitLease extends Lease {
    private final LeaseSettings settings;
    private final ExtendedActorSystem system;

    public SplitLease(LeaseSettings settings, ExtendedActorSystem system) {
        this.settings = settings;
        this.system = system;
    }

    @Override
    public LeaseSettings getSettings() {
        return settings;
    }

    @Override
    public CompletionStage<Boolean> acquire() {
        CompletableFuture<Boolean> acquired = new CompletableFuture<>();
        Thread.ofVirtual()
                .name("pando-split")
                .start(() -> {
                    try {
                        acquired.complete(Splits.of(system).decide());
                    } catch (RuntimeException unreachable) {
                        acquired.completeExceptionally(unreachable);
                    }
                });
        return acquired;
    }

    @Override
    public CompletionStage<Boolean> acquire(Consumer<Optional<Throwable>> lost) {
        return acquire();
    }

    @Override
    public CompletionStage<Boolean> release() {
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public boolean checkLease() {
        return true;
    }
}
