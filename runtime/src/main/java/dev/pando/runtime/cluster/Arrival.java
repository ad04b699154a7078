package dev.pando.runtime.cluster;

import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.cluster.Vacancy.Sign;
import dev.pando.runtime.cluster.Vacancy.Verdict;
import dev.pando.runtime.journal.Lease;
import dev.pando.runtime.journal.Lease.Holder;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Brings a node to its grove: to the one that it is told of or discovers, to the one that holds the lease of its
/// journal, or to one that it founds, because nobody holds that lease.
public final class Arrival {
    static final int ANSWER_MS = 2_000;
    private static final long BETWEEN_LOOKS_MS = 500;
    private static final double SHARED_SECONDS = 10; // until a page that another host wrote is seen here

    /// Where a node belongs.
    ///
    /// @param systems addresses of actor systems to join; none: it is the first
    /// @param grove whose lease it keeps
    public record Place(List<String> systems, String grove) {}

    private final NodeSettings settings;
    private final ControlPort port;
    private final Lease lease;
    private final CountDownLatch over;
    private final Consumer<String> news;
    private final Stopwatch stopwatch = Stopwatch.system();
    private final String own;
    private String last = "";

    private Arrival(NodeSettings settings, ControlPort port, Lease lease, CountDownLatch over, Consumer<String> news) {
        this.settings = settings;
        this.port = port;
        this.lease = lease;
        this.over = over;
        this.news = news;
        this.own = settings.host() + ":" + port.port();
    }

    /// Blocks until it is known.
    ///
    /// @param port of the node that arrives; others may ask there meanwhile
    /// @param over ends the search
    /// @param news hears what the node waits for
    /// @throws UserError where there is a grove that the node cannot be of, or none
    public static Place of(
            NodeSettings settings, ControlPort port, Lease lease, CountDownLatch over, Consumer<String> news) {
        try {
            return new Arrival(settings, port, lease, over, news).place();
        } catch (UserError | ControlClient.Unanswered ours) {
            throw ours;
        } catch (UncheckedIOException | IllegalStateException unreadable) {
            String reason =
                    unreadable.getCause() == null ? unreadable.getMessage() : unreadable.getCause().getMessage();
            throw new UserError(
                    "the journal of this node, " + settings.journalPlace() + ", cannot be used: " + reason, unreadable);
        }
    }

    private Place place() {
        lease.holder(); // a journal that cannot be read is better known before anything waits for other nodes
        List<Terms> answering = Seeds.of(settings, port, this::named, over, this::tell);
        Place place = answering.isEmpty() ? found() : join(answering);
        port.serveStarting(place.grove());
        return place;
    }

    /// The nodes that the lease names now.
    private List<String> named() {
        return lease.holder().map(Holder::nodes).orElse(List.of()).stream().filter(node -> !node.equals(own)).toList();
    }

    private void tell(String sentence) {
        if (!sentence.equals(last)) {
            last = sentence;
            news.accept(sentence);
        }
    }

    /// Whoever lets this node in keeps the very journal that this node has.
    private Place join(List<Terms> answering) {
        long begin = stopwatch.nanos();
        while (true) {
            String holder = lease.holder().map(Holder::grove).orElse("");
            List<Terms> ours = answering.stream().filter(terms -> terms.grove().equals(holder)).toList();
            Terms first = ours.isEmpty() ? answering.getFirst() : ours.getFirst();
            first.objection(settings, own)
                    .ifPresent(sentence -> {
                        throw new UserError(sentence);
                    });
            if (!ours.isEmpty()) {
                return new Place(ours.stream().map(Terms::where).toList(), holder);
            }
            if (stopwatch.secondsSince(begin) > SHARED_SECONDS) {
                throw new UserError(
                        "the journal of this node, "
                                + settings.journalPlace()
                                + ", is not the one of the grove of "
                                + String.join(", ", first.names().values())
                                + ": give it the same pando.grove.journal, a folder or database that all of them see");
            }
            pause("the grove's journal is not seen here yet");
        }
    }

    /// Unless the journal is a living grove's.
    private Place found() {
        Vacancy vacancy = new Vacancy(stopwatch);
        while (true) {
            Optional<Holder> holder = lease.holder();
            switch (vacancy.decide(holder, signs(holder))) {
                case Verdict.Take(long page, boolean isCertain) -> {
                    Optional<Place> taken = take(page, isCertain);
                    if (taken.isPresent()) {
                        return taken.get();
                    }
                }
                case Verdict.Join(List<String> systems, String grove) -> {
                    List<Terms> answering = Seeds.answering(named(), silent -> {});
                    if (!answering.isEmpty()) {
                        tell("the grove that holds " + settings.journalPlace() + " lives, and is joined");
                        return join(answering);
                    }
                }
                case Verdict.Wait(String sentence) -> pause(settings.journalPlace() + ": " + sentence);
                case Verdict.Refuse(String sentence) -> throw new UserError(settings.journalPlace() + ": " + sentence);
            }
        }
    }

    private Optional<Place> take(long page, boolean isCertain) {
        String grove = UUID.randomUUID().toString();
        port.serveStarting(grove);
        if (!lease.write(new Holder(page, grove, List.of(own), false))) {
            port.serveNobody();
            return Optional.empty(); // another node was first
        }
        long begin = stopwatch.nanos();
        while (!isCertain && stopwatch.secondsSince(begin) < Tenure.LAPSES_SECONDS) {
            pause("whoever held " + settings.journalPlace() + " before may believe for some seconds to hold it still");
        }
        return Optional.of(new Place(List.of(), grove));
    }

    private void pause(String sentence) {
        tell(sentence);
        try {
            if (!over.await(BETWEEN_LOOKS_MS, TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        throw new UserError("the node was ended before it was in a grove: " + sentence);
    }

    /// All nodes are looked at at once: one that is slow holds up no other.
    private SortedMap<String, Sign> signs(Optional<Holder> holder) {
        SortedMap<String, FutureTask<Sign>> looks = new TreeMap<>();
        holder.filter(last -> !last.over())
                .ifPresent(last ->
                        last.nodes()
                                .forEach(node -> {
                                    FutureTask<Sign> look = new FutureTask<>(() -> sign(node, last.grove()));
                                    looks.put(node, look);
                                    Thread.ofVirtual().name("pando-look-at-" + node).start(look);
                                }));
        SortedMap<String, Sign> signs = new TreeMap<>();
        looks.forEach((node, look) -> signs.put(node, seen(look)));
        return signs;
    }

    private static Sign seen(FutureTask<Sign> look) {
        try {
            return look.get();
        } catch (ExecutionException broken) {
            return new Sign.Unknown();
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
            return new Sign.Unknown();
        }
    }

    private Sign sign(String node, String grove) {
        if (node.equals(own)) {
            return new Sign.Gone(); // this process has its port
        }
        try {
            if (!ControlClient.isListening(node, ANSWER_MS)) {
                return isHere(node) ? new Sign.Gone() : new Sign.Unknown();
            }
        } catch (IOException unreachable) {
            return new Sign.Unknown();
        }
        try {
            Terms terms = Terms.ask(node, ANSWER_MS);
            return terms.grove().equals(grove) ? new Sign.Member(terms.where()) : new Sign.Gone();
        } catch (ControlClient.Unanswered silent) {
            return silent.isStarting(grove)
                    ? new Sign.Starting()
                    : silent.isOfNone() ? new Sign.Gone() : new Sign.StandsStill();
        } catch (UserError noNode) {
            return new Sign.Gone();
        }
    }

    /// Where this very kernel refuses a connection, no process listens.
    private static boolean isHere(String node) throws IOException {
        InetAddress address = InetAddress.getByName(ControlClient.address(node).getHostString());
        return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    }
}
