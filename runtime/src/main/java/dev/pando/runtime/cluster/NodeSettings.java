package dev.pando.runtime.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.runtime.journal.FileLedger;
import dev.pando.runtime.journal.PostgresLedger;
import dev.pando.runtime.settings.UserError;
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
public record NodeSettings(String name, int devices, Config grove, Config system, List<String> join) {
    static final String SYSTEM_NAME = "pando";
    private static final int LAST_PORT = 65_535;
    private static final String NAME = "name-";
    private static final String DEVICES = "devices-";

    public NodeSettings {
        join = List.copyOf(join);
        join.forEach(ControlClient::address);
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9@_-]*")) {
            throw new UserError("a node's name has letters, digits, - and _, not " + name);
        }
        if (devices < 0) {
            throw new UserError("a node has 0 devices or more, not " + devices);
        }
    }

    public NodeSettings named(String other) {
        return new NodeSettings(other, devices, grove, system, join);
    }

    /// @param others to join when this one starts once more; none: those that it joined before
    public NodeSettings joining(List<String> others) {
        return others.isEmpty() ? this : new NodeSettings(name, devices, grove, system, others);
    }

    /// Where it listens, and where the others reach it.
    public String host() {
        return grove.getString("host");
    }

    /// Of the [ControlPort].
    public int port() {
        return port(grove, "port");
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

    /// Config of the node's ActorSystem.
    ///
    /// @param more what only the starting node can know; it weighs most
    Config actorSystem(Map<String, Object> more) {
        return ConfigFactory.parseMap(more)
                .withFallback(
                        ConfigFactory.empty()
                                .withValue(
                                        "pekko.remote.artery.canonical.hostname", ConfigValueFactory.fromAnyRef(host()))
                                .withValue(
                                        "pekko.remote.artery.canonical.port",
                                        ConfigValueFactory.fromAnyRef(port(grove, "messages-port"))))
                .withFallback(journal())
                .withFallback(grove.getConfig("system"))
                .withFallback(system)
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }

    private Config journal() {
        String place = grove.getString("journal");
        boolean database = place.startsWith(PostgresLedger.SCHEME);
        return ConfigFactory.parseMap(
                Map.of(
                        "pando.journal.ledger",
                        (database ? PostgresLedger.class : FileLedger.class).getName(),
                        database ? "pando.journal.url" : "pando.journal.folder",
                        place));
    }
}
