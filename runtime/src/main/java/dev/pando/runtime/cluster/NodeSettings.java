package dev.pando.runtime.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.runtime.journal.FileLedger;
import dev.pando.runtime.journal.Lease;
import dev.pando.runtime.journal.LeasedLedger;
import dev.pando.runtime.journal.PostgresLedger;
import dev.pando.runtime.settings.Grounds;
import dev.pando.runtime.settings.UserError;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.apache.pekko.cluster.Member;

/// What one node of a grove is, before it starts.
///
/// @param name unique in the grove, over all times
/// @param devices how many it has
/// @param grove the group `pando.grove`
/// @param system the group `pando.system`
/// @param join nodes of the grove to join, `host:port` each: any of them will do; none: it discovers others, or is the
///   first
/// @param isAgain whether it was a member before, and lost its grove
public record NodeSettings(String name, int devices, Config grove, Config system, List<String> join, boolean isAgain) {
    static final String SYSTEM_NAME = "pando";
    private static final int LAST_PORT = 65_535;
    private static final String SPLIT_LEASE = "pekko.coordination.pando-splits";
    private static final String NAME = "name-";
    private static final String DEVICES = "devices-";

    public NodeSettings(String name, int devices, Config grove, Config system, List<String> join) {
        this(name, devices, grove, system, join, false);
    }

    public NodeSettings {
        join = List.copyOf(join);
        join.forEach(ControlClient::address);
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9@_-]*")) {
            throw new UserError("a node's name has letters, digits, - and _, not " + name);
        }
        Grounds.of(grove);
        refuseEveryAddress();
        if (devices < 0) {
            throw new UserError("a node has 0 devices or more, not " + devices);
        }
    }

    public NodeSettings named(String other) {
        return new NodeSettings(other, devices, grove, system, join, isAgain);
    }

    /// @param others to join when this one starts once more; none: those that it joined before
    public NodeSettings joining(List<String> others) {
        return new NodeSettings(name, devices, grove, system, others.isEmpty() ? join : others, true);
    }

    /// Where it listens, and where the others reach it; an IPv6 address in brackets, so that a port can follow.
    public String host() {
        String host = grove.getString("host");
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    private void refuseEveryAddress() {
        try {
            if (InetAddress.getByName(host()).isAnyLocalAddress()) {
                throw new UserError(
                        "pando.grove.host must be an address at which the other nodes reach this one, not "
                                + grove.getString("host")
                                + ", which means all of them");
            }
        } catch (UnknownHostException unknown) {
            throw new UserError(
                    "pando.grove.host is " + grove.getString("host") + ", and no host has that name", unknown);
        }
    }

    /// What can be wrong with it on this machine, before anything is opened.
    ///
    /// @throws UserError with a sentence
    public void check() {
        Keys.check(actorSystem("", Map.of()));
    }

    /// Where the jobs that it takes in, and works on, may read and write.
    public Grounds grounds() {
        return Grounds.of(grove);
    }

    /// Of the [ControlPort]; empty: the usual one, or any that is free.
    OptionalInt port() {
        return grove.getIsNull("port") ? OptionalInt.empty() : OptionalInt.of(port(grove, "port"));
    }

    /// How it finds others where it is told to join nobody.
    Optional<Discovery> discovery() {
        return Discovery.of(grove);
    }

    /// How many nodes must see each other before one of them founds a grove.
    int required() {
        return Discovery.required(grove);
    }

    /// Of the [Probes]; empty: there are none.
    OptionalInt probePort() {
        return grove.getIsNull("probe-port") ? OptionalInt.empty() : OptionalInt.of(port(grove, "probe-port"));
    }

    static int port(Config grove, String key) {
        try {
            int port = grove.getInt(key);
            if (port >= 0 && port <= LAST_PORT) {
                return port;
            }
        } catch (ConfigException.WrongType noNumber) {
            // said below
        }
        throw new UserError(
                "pando.grove."
                        + key
                        + " must be a port from 1 to "
                        + LAST_PORT
                        + ", or 0 for any that is free, not "
                        + grove.getValue(key).render());
    }

    /// What the node's membership says about it, beside its control port.
    List<String> roles() {
        return List.of(NAME + name, DEVICES + devices);
    }

    /// The name of a member of the grove.
    public static String name(Member member) {
        return role(member, NAME).orElse("?");
    }

    /// How many devices a member of the grove has.
    public static int devices(Member member) {
        return role(member, DEVICES).map(Integer::valueOf).orElse(0);
    }

    private static Optional<String> role(Member member, String prefix) {
        return member.getRoles().stream()
                .filter(role -> role.startsWith(prefix))
                .map(role -> role.substring(prefix.length()))
                .findFirst();
    }

    /// Names of the devices' workers, unique in the grove.
    public List<String> workers() {
        return IntStream.range(0, devices).mapToObj(i -> name + ".worker-" + i).toList();
    }

    /// Where the journals are, as people write it.
    String journalPlace() {
        return place().replaceAll("(?<=password=)[^&]*", "…");
    }

    private String place() {
        return grove.getString("journal");
    }

    /// The lease of the journal.
    public Lease lease(Clock clock) {
        return new Lease(isDatabase() ? new PostgresLedger(ledger("url")) : new FileLedger(ledger("folder")), clock);
    }

    private boolean isDatabase() {
        return place().startsWith(PostgresLedger.SCHEME);
    }

    private Config ledger(String key) {
        return ConfigFactory.parseMap(Map.of(key, place()));
    }

    /// Config of the node's ActorSystem.
    ///
    /// @param of the grove that holds the lease of the journal; empty: whoever can writes it
    /// @param more what only the starting node can know; it weighs most
    Config actorSystem(String of, Map<String, Object> more) {
        return ConfigFactory.parseMap(more)
                .withFallback(
                        ConfigFactory.empty()
                                .withValue(
                                        "pekko.remote.artery.canonical.hostname", ConfigValueFactory.fromAnyRef(host()))
                                .withValue(
                                        "pekko.remote.artery.canonical.port",
                                        ConfigValueFactory.fromAnyRef(port(grove, "messages-port")))
                                .withValue(
                                        SPLIT_LEASE + ".lease-class",
                                        ConfigValueFactory.fromAnyRef(SplitLease.class.getName()))
                                .withValue(
                                        "pekko.cluster.split-brain-resolver.lease-majority.lease-implementation",
                                        ConfigValueFactory.fromAnyRef(SPLIT_LEASE))
                                .withValue(
                                        "pekko.io.tcp.max-channels",
                                        ConfigValueFactory.fromAnyRef(Visitors.affordable())))
                .withFallback(journal(of).atPath("pando.journal"))
                .withFallback(grove.getConfig("system"))
                .withFallback(system)
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }

    private Config journal(String of) {
        String ledger = (isDatabase() ? PostgresLedger.class : FileLedger.class).getName();
        Config journal = ledger(isDatabase() ? "url" : "folder");
        return of.isEmpty()
                ? journal.withValue("ledger", ConfigValueFactory.fromAnyRef(ledger))
                : journal.withFallback(
                        ConfigFactory.parseMap(
                                Map.of(
                                        "ledger",
                                        LeasedLedger.class.getName(),
                                        LeasedLedger.BENEATH,
                                        ledger,
                                        LeasedLedger.GROVE,
                                        of)));
    }
}
