package dev.pando.runtime.journal;

import com.typesafe.config.Config;
import dev.pando.actors.owner.Ledger;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Lets a grove write into a ledger only while the ledger's [Lease] is its own: another grove that has taken it over
/// finds nothing written by this one any more.
public final class LeasedLedger implements Ledger {
    /// Keys of its config: the class of the ledger beneath, which takes the same config, and the grove that writes.
    public static final String BENEATH = "leased";

    public static final String GROVE = "grove";

    private final Ledger beneath;
    private final String grove;

    public LeasedLedger(Config config) throws ReflectiveOperationException {
        this(
                Class.forName(config.getString(BENEATH))
                        .asSubclass(Ledger.class)
                        .getConstructor(Config.class)
                        .newInstance(config),
                config.getString(GROVE));
    }

    LeasedLedger(Ledger beneath, String grove) {
        this.beneath = beneath;
        this.grove = grove;
    }

    @Override
    public void append(String journal, List<Page> pages) {
        refuseForOthers(journal, pages.getFirst().number());
        beneath.append(journal, pages);
    }

    @Override
    public void read(String journal, long from, long to, Consumer<Page> reader) {
        beneath.read(journal, from, to, reader);
    }

    @Override
    public long last(String journal) {
        return beneath.last(journal);
    }

    @Override
    public void remove(String journal, long to) {
        refuseForOthers(journal, to);
        beneath.remove(journal, to);
    }

    private void refuseForOthers(String journal, long page) {
        Optional<Lease.Holder> holder = Lease.holder(beneath);
        if (holder.isPresent() && !holder.get().grove().equals(grove)) {
            throw new Taken(journal, page, "the grove of " + String.join(", ", holder.get().nodes()));
        }
    }

    @Override
    public void close() {
        beneath.close();
    }
}
