package dev.pando.actors.owner;

import java.util.List;
import java.util.function.Consumer;

/// Where journals are kept: per journal a row of numbered pages, each written once. The seam between the actors and
/// files or databases.
///
/// That a number is given away once is what fences: of two writers that both believe to lead, one finds its number
/// taken. Calls block, and come from one thread.
public interface Ledger extends AutoCloseable {
    /// Writes pages, in the order of their numbers. When this returns they survive whatever happens to this process.
    ///
    /// @throws Taken where one of the numbers was given to another writer
    void append(String journal, List<Page> pages);

    /// Hands out the pages from one number to another, both included, in order.
    void read(String journal, long from, long to, Consumer<Page> reader);

    /// The highest number ever given away, 0 before the first.
    long last(String journal);

    /// Removes the pages up to this number, which stay given away.
    void remove(String journal, long to);

    @Override
    void close();

    /// @param number from 1
    /// @param serializer, manifest, payload as Pekko's serialization has it
    /// @param writer unique among all incarnations of the journal's owner
    /// @param adapter manifest of an event adapter, or empty
    record Page(
            long number,
            int serializer,
            String manifest,
            byte[] payload,
            String writer,
            String adapter,
            long timestampMillis) {}

    /// A page's number was given to another writer: this one's time is over.
    final class Taken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public Taken(String journal, long number, String by) {
            super(journal + ": page " + number + " was written by another, " + by);
        }
    }
}
