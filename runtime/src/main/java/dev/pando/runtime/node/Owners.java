package dev.pando.runtime.node;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.owner.JobOwner;
import dev.pando.actors.owner.Jobs;
import dev.pando.runtime.cluster.RequestHandler;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.function.Function;

/// Asks the owners of jobs, wherever they are, and waits for their answers: for the threads of a node's desk.
final class Owners {
    private static final Duration PATIENCE = Duration.ofSeconds(15); // an owner may be on its way to another node
    private static final Duration FOR_THE_FIRST_TRY = Duration.ofMillis(300); // each is twice as long as the one before

    private final ActorSystem<?> system;

    Owners(ActorSystem<?> system) {
        this.system = system;
    }

    JobOwner.Answer submit(JobSpec job) {
        return ask(job.id(), replyTo -> new JobOwner.Submit(job, replyTo));
    }

    JobStatus status(String job) {
        return ask(job, JobOwner.AskStatus::new);
    }

    /// @param after number of the last entry that is known already
    JobOwner.History history(String job, long after) {
        return ask(job, replyTo -> new JobOwner.AskHistory(after, replyTo));
    }

    /// @param now whether the step in flight and a checkpoint are too much to wait for
    JobOwner.Answer end(String job, boolean now) {
        return ask(job, replyTo -> now ? new JobOwner.Cancel(replyTo) : new JobOwner.Stop(replyTo));
    }

    /// All questions may be asked twice: what was on its way to a node that died is lost.
    private <A> A ask(String job, Function<ActorRef<A>, JobOwner.Command> question) {
        Duration waited = Duration.ZERO;
        for (Duration patience = FOR_THE_FIRST_TRY; ; patience = patience.multipliedBy(2)) {
            try {
                return Jobs.owner(system, job)
                        .ask(question, patience)
                        .toCompletableFuture()
                        .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException late) {
                waited = waited.plus(patience);
                if (waited.compareTo(PATIENCE) >= 0) {
                    throw new RequestHandler.Unavailable(
                            "the owner of job "
                                    + job
                                    + " does not answer: the grove may have lost its majority, or its journal",
                            late);
                }
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
                throw new RequestHandler.Unavailable("the node is leaving", over);
            }
        }
    }
}
