package dev.pando.runtime.processes;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;

/// Says where the next process of [NodeProcesses] is to live.
@FunctionalInterface
public interface NodeHosts {
    /// A place for one node.
    ///
    /// @param address at which it listens, and where the others and the process that starts it reach it
    /// @param port of its control port
    /// @param command words that its command line begins with, and that become what follows them, as those of
    ///   `numactl`, `taskset` and `ip netns exec` do; may be none
    record NodeHost(String address, int port, List<String> command) {
        public NodeHost {
            command = List.copyOf(command);
        }
    }

    NodeHost next() throws IOException;

    /// This machine, at one address.
    static NodeHosts here(String address) {
        return () -> new NodeHost(address, freePort(address), List.of());
    }

    /// If another process takes it first, the node ends at once, and the next one gets another.
    private static int freePort(String address) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(address))) {
            return free.getLocalPort();
        }
    }
}
