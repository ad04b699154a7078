package dev.pando.chaos.simulation.engine;

import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import scala.concurrent.Future;
import scala.concurrent.Promise;
import scala.jdk.javaapi.CollectionConverters;

/// Where the persistent actors of a simulated world keep their journals: numbered pages, each written once, on the
/// engine's clock. Named in the system's config.
public final class SimulatedJournal extends AsyncWriteJournal {
    private static final int WRITE = 61;
    private static final long LEAST_NS = 300_000;
    private static final long MOST_NS = 4_000_000;

    private final Engine engine;
    private final Map<String, List<PersistentRepr>> journals = new HashMap<>();
    private long world;
    private long writes;

    public SimulatedJournal(Config config) {
        this.engine = SimulatedSystem.engineOf(context().system().settings().config());
    }

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> messages) {
        List<PersistentRepr> pages = new ArrayList<>();
        messages.forEach(write -> pages.addAll(CollectionConverters.asJava(write.payload())));
        int count = (int) messages.spliterator().getExactSizeIfKnown();
        List<Optional<Exception>> fine = Collections.nCopies(Math.max(count, 1), Optional.empty());
        return later(() -> {
            pages.forEach(this::append);
            return fine;
        });
    }

    /// A page's number is given away once: of two that both believe to lead, one finds its number taken.
    private void append(PersistentRepr page) {
        List<PersistentRepr> journal = journal(page.persistenceId());
        if (page.sequenceNr() != journal.size() + 1) {
            throw new IllegalStateException(
                    page.persistenceId() + ": page " + page.sequenceNr() + " was written by another");
        }
        journal.add(page);
        engine.world().wrote(page.payload());
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String journal, long to) {
        return Futures.failed(new UnsupportedOperationException("no caller removes pages of " + journal));
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
            String journal, long from, long to, long max, Consumer<PersistentRepr> replay) {
        return later(() -> {
            journal(journal).stream()
                    .filter(page -> page.sequenceNr() >= from && page.sequenceNr() <= to)
                    .limit(max)
                    .forEach(replay);
            return null;
        });
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String journal, long from) {
        return later(() -> (long) journal(journal).size());
    }

    private List<PersistentRepr> journal(String id) {
        if (world != engine.worlds()) {
            world = engine.worlds();
            journals.clear();
            writes = 0;
        }
        return journals.computeIfAbsent(id, each -> new ArrayList<>());
    }

    /// It takes a moment; longer where the world says that the journal is down, and it may fail then.
    private <T> Future<T> later(java.util.concurrent.Callable<T> task) {
        journal(""); // a new world counts from 0
        long number = writes++;
        World.Journal state = engine.world().journal(number);
        long delayNs =
                LEAST_NS + Long.remainderUnsigned(engine.dice(WRITE, number), MOST_NS - LEAST_NS) + state.delayNs();
        Promise<T> promise = Futures.promise();
        engine.after(
                delayNs,
                null,
                number,
                () -> {
                    try {
                        if (state.fails()) {
                            throw new IllegalStateException("the journal does not answer (an injected fault)");
                        }
                        promise.success(task.call());
                    } catch (Exception failure) {
                        promise.failure(failure);
                    }
                });
        return promise.future();
    }
}
