package dev.pando.runtime.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.actors.owner.Ledger;
import dev.pando.actors.owner.Ledger.Page;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/// Says which grove a ledger belongs to, so that two groves on one ledger never lead the same job.
///
/// It is a journal of its own, whose last page names the holder. A grove founds itself by writing the next page, and
/// its members write further ones as long as they live: a page's number is given away once, so of two groves one comes
/// first, and the other one finds itself replaced. Calls block, and come from one thread.
public final class Lease implements AutoCloseable {
    private static final String JOURNAL = "grove";
    private static final int KEPT_PAGES = 32;
    private static final JsonMapper JSON = new JsonMapper();

    /// @param page number of the last page
    /// @param grove unique among all groves of all times
    /// @param nodes of that grove, `host:port` of their control ports
    /// @param over whether the last node has left in order
    public record Holder(long page, String grove, List<String> nodes, boolean over) {
        public Holder {
            nodes = List.copyOf(nodes);
        }
    }

    private record Payload(List<String> nodes, boolean over) {}

    private final Ledger ledger;
    private final Clock clock;

    /// @param ledger which this closes
    /// @param clock for the dates of pages
    public Lease(Ledger ledger, Clock clock) {
        this.ledger = ledger;
        this.clock = clock;
    }

    /// The grove that wrote last; empty where none ever did.
    public Optional<Holder> holder() {
        return holder(ledger);
    }

    static Optional<Holder> holder(Ledger ledger) {
        long last = ledger.last(JOURNAL);
        Holder[] holder = new Holder[1];
        ledger.read(JOURNAL, last, last, page -> holder[0] = holder(page));
        return Optional.ofNullable(holder[0]);
    }

    private static Holder holder(Page page) {
        try {
            Payload payload = JSON.readValue(page.payload(), Payload.class);
            return new Holder(page.number(), page.writer(), payload.nodes(), payload.over());
        } catch (java.io.IOException broken) {
            throw new UncheckedIOException("page " + page.number() + " of the lease cannot be read", broken);
        }
    }

    /// Writes a page as that grove.
    ///
    /// @return whether the page is this grove's now; false: another grove was first
    public boolean write(Holder holder) {
        try {
            byte[] payload =
                    JSON.writeValueAsString(new Payload(holder.nodes(), holder.over()))
                            .getBytes(StandardCharsets.UTF_8);
            ledger.append(
                    JOURNAL, List.of(new Page(holder.page(), 0, "", payload, holder.grove(), "", clock.millis())));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a list of names is JSON", impossible);
        } catch (Ledger.Taken taken) {
            return false;
        }
        if (holder.page() % KEPT_PAGES == 0) {
            ledger.remove(JOURNAL, holder.page() - KEPT_PAGES);
        }
        return true;
    }

    @Override
    public void close() {
        ledger.close();
    }
}
