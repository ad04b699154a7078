package dev.pando.runtime.cli;

import dev.pando.runtime.cluster.ControlClient;
import java.util.List;
import picocli.CommandLine.Option;

/// What every command asks that talks to a grove: where one of its nodes is.
public final class GroveOptions {
    @Option(
            names = "--to",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Any node of the grove, or several of them; ${DEFAULT-VALUE} if not given.")
    private List<String> nodes = List.of("127.0.0.1:7355");

    /// `host:port` each.
    List<String> nodes() {
        nodes.forEach(ControlClient::address);
        return nodes;
    }
}
