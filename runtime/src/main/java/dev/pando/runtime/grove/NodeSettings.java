package dev.pando.runtime.grove;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.runtime.settings.UserError;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.pekko.actor.Address;

/// What one node of a grove is, before it starts.
///
/// @param name unique in the grove, over all times
/// @param devices how many it has
/// @param grove the group `pando.grove`
/// @param system the group `pando.system`
/// @param join a node of the grove to join; empty: it is the first
public record NodeSettings(String name, int devices, Config grove, Config system, Optional<Address> join) {
    static final String SYSTEM_NAME = "pando";

    public NodeSettings {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9@_-]*")) {
            throw new UserError("a node's name has letters, digits, - and _, not " + name);
        }
        if (devices < 0) {
            throw new UserError("a node has 0 devices or more, not " + devices);
        }
    }

    /// Reads where a grove is, as people write it.
    ///
    /// @param where `host:port`
    public static Address address(String where) {
        int colon = where.lastIndexOf(':');
        try {
            int port = Integer.parseInt(where.substring(colon + 1));
            if (colon > 0 && port > 0) {
                return new Address("pekko", SYSTEM_NAME, where.substring(0, colon), port);
            }
        } catch (NumberFormatException notANumber) {
            // said below
        }
        throw new UserError("--join takes host:port of any node of the grove, as in 127.0.0.1:7355, not " + where);
    }

    public NodeSettings named(String other) {
        return new NodeSettings(other, devices, grove, system, join);
    }

    public String host() {
        return grove.getString("host");
    }

    /// Names of the devices' workers, unique in the grove.
    public List<String> workers() {
        return IntStream.range(0, devices).mapToObj(i -> name + ".worker-" + i).toList();
    }

    /// The group `pando.grove` as a file that `pando node` reads.
    String render() {
        return grove.atPath("pando.grove").root().render(ConfigRenderOptions.concise());
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
                                        ConfigValueFactory.fromAnyRef(grove.getInt("port"))))
                .withFallback(grove.getConfig("system"))
                .withFallback(system)
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }
}
