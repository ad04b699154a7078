package dev.pando.runtime.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// Where a node looks for the others of its grove when it starts without `--join`. The methods have the names that
/// Pekko's discovery has for them.
@FunctionalInterface
public interface Discovery {
    /// All nodes that there are now, this one too: `address:port` of their control ports.
    ///
    /// @throws IOException with a sentence where that cannot be found out now
    SortedSet<String> nodes() throws IOException;

    /// @param grove the group `pando.grove`
    /// @return empty where a node without `--join` founds a new grove
    static Optional<Discovery> of(Config grove) {
        String method = grove.getString("discovery.method");
        return switch (method) {
            case "none" -> Optional.empty();
            case "config" -> Optional.of(listed(grove));
            case "dns" -> Optional.of(named(grove));
            case "kubernetes-api" ->
                    Optional.of(Pods.ofThisCluster(grove.getString("discovery.pod-labels"), port(grove)));
            default ->
                    throw new UserError(
                            "pando.grove.discovery.method must be none, config, dns or kubernetes-api, not " + method);
        };
    }

    /// How many nodes must see each other before one of them founds a grove.
    static int required(Config grove) {
        try {
            int required = grove.getInt("discovery.required-nodes");
            if (required >= 1) {
                return required;
            }
        } catch (ConfigException.WrongType noNumber) {
            // said below
        }
        throw new UserError(
                "pando.grove.discovery.required-nodes must be a number from 1 on, not "
                        + grove.getValue("discovery.required-nodes").render());
    }

    private static Discovery listed(Config grove) {
        List<String> nodes = grove.getStringList("discovery.nodes");
        if (nodes.isEmpty()) {
            throw new UserError(
                    "pando.grove.discovery.nodes must name the nodes, host:port each, where discovery.method = config");
        }
        nodes.forEach(ControlClient::address);
        return () -> {
            SortedSet<String> known = new TreeSet<>();
            nodes.forEach(node -> known.add(known(node)));
            return known;
        };
    }

    private static Discovery named(Config grove) {
        String name = grove.getString("discovery.name");
        int port = port(grove);
        if (name.isEmpty()) {
            throw new UserError(
                    "pando.grove.discovery.name must be a name that stands for all nodes where discovery.method = dns");
        }
        return () -> {
            SortedSet<String> found = new TreeSet<>();
            try {
                for (InetAddress address : InetAddress.getAllByName(name)) {
                    found.add(address.getHostAddress() + ":" + port);
                }
            } catch (UnknownHostException unknown) {
                throw new IOException("there is no host " + name + " yet", unknown);
            }
            return found;
        };
    }

    private static int port(Config grove) {
        int port = NodeSettings.port(grove, "port");
        if (port == 0) {
            throw new UserError("pando.grove.port must be set, and the same for all nodes, where others discover them");
        }
        return port;
    }

    /// By the number of its address where that is known, so that all nodes call one node the same.
    static String known(String node) {
        InetSocketAddress named = ControlClient.address(node);
        try {
            return InetAddress.getByName(named.getHostString()).getHostAddress() + ":" + named.getPort();
        } catch (UnknownHostException unknown) {
            return node;
        }
    }
}
