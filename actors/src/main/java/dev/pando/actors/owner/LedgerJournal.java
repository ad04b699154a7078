package dev.pando.actors.owner;

import com.typesafe.config.Config;
import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.owner.Ledger.Page;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;
import scala.concurrent.Future;
import scala.concurrent.Promise;
import scala.jdk.javaapi.CollectionConverters;

/// Lets Pekko's persistent actors keep their journals in a [Ledger]; which one, the config says.
///
/// Found by its class name under `pando.journal`.
public final class LedgerJournal extends AsyncWriteJournal {
    /// Where the config of this plugin is, and so its name.
    public static final String ID = "pando.journal";

    private final Ledger ledger;
    private final Serialization serialization = SerializationExtension.get(context().system());
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("journal").factory());

    /// @param config the group `pando.journal`
    public LedgerJournal(Config config) throws ReflectiveOperationException {
        Class<?> type = Class.forName(config.getString("ledger"));
        this.ledger = (Ledger) type.getConstructor(Config.class).newInstance(config);
        thread.execute(this::rehearse);
    }

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> messages) {
        List<AtomicWrite> writes = new ArrayList<>();
        messages.forEach(writes::add);
        return onThread(() -> {
            for (AtomicWrite write : writes) {
                ledger.append(
                        write.persistenceId(),
                        CollectionConverters.asJava(write.payload()).stream().map(this::page).toList());
            }
            return Collections.nCopies(writes.size(), Optional.empty());
        });
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String journal, long to) {
        return onThread(() -> {
            ledger.remove(journal, Math.min(to, ledger.last(journal)));
            return null;
        });
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
            String journal, long from, long to, long max, Consumer<PersistentRepr> replay) {
        return onThread(() -> {
            long end = max > to - from ? to : from + max - 1; // pages have no gaps but at the beginning
            if (max > 0) {
                ledger.read(journal, from, end, page -> replay.accept(repr(journal, page)));
            }
            return null;
        });
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String journal, long from) {
        return onThread(() -> ledger.last(journal));
    }

    @Override
    public void postStop() {
        thread.execute(ledger::close);
        thread.shutdown();
    }

    /// Writes and reads entries that go nowhere, so that the node that takes a job over has loaded what that needs.
    private void rehearse() {
        List<JobEntry> entries =
                List.of(
                        new JobEntry.Submitted(Instant.EPOCH, new JobSpec("rehearsal", 1, 1, 1, 0, "")),
                        new JobEntry.Led(Instant.EPOCH, 1, ""),
                        new JobEntry.Happened(Instant.EPOCH, new JobEvent.WorkerJoined("", 0)),
                        new JobEntry.Happened(Instant.EPOCH, new JobEvent.EpochOpened(1, 0, "", List.of(""))),
                        new JobEntry.Happened(Instant.EPOCH, new JobEvent.CheckpointDurable(0, "", 0, 0)));
        for (JobEntry entry : entries) {
            PersistentRepr repr =
                    PersistentRepr.apply(entry, 1, "rehearsal", "", false, ActorRef.noSender(), "rehearsal");
            repr("rehearsal", page(repr));
        }
    }

    private Page page(PersistentRepr repr) {
        var serializer = serialization.findSerializerFor(repr.payload());
        byte[] bytes = serialization.serialize(repr.payload()).get();
        return new Page(
                repr.sequenceNr(),
                serializer.identifier(),
                Serializers.manifestFor(serializer, repr.payload()),
                bytes,
                repr.writerUuid(),
                repr.manifest(),
                repr.timestamp());
    }

    private PersistentRepr repr(String journal, Page page) {
        Object payload = serialization.deserialize(page.payload(), page.serializer(), page.manifest()).get();
        return PersistentRepr.apply(
                        payload, page.number(), journal, page.adapter(), false, ActorRef.noSender(), page.writer())
                .withTimestamp(page.timestampMillis());
    }

    private <T> Future<T> onThread(Callable<T> task) {
        Promise<T> promise = Futures.promise();
        thread.execute(() -> {
            try {
                promise.success(task.call());
            } catch (Exception failure) {
                promise.failure(failure);
            }
        });
        return promise.future();
    }
}
