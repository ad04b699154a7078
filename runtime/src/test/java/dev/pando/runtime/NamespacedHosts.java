package dev.pando.runtime;

import dev.pando.runtime.processes.NodeHosts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/// Network namespaces of this machine that stand for hosts with one file system, at a hub to which this process has a
/// separate cable: it reaches each of them always, and they each other unless they are cut off. Needs root and `ip`.
///
/// A cut is silent, as that of a cable: what the two sides send to each other goes to a hardware address that no device
/// has. No socket hears of it.
final class NamespacedHosts implements NodeHosts, AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;
    private static final int NETWORKS = 512; // of 198.18.0.0/15, which is set aside for benchmarks of devices
    private static final int FIRST_PORT = 7_400;
    private static final int PORTS = 20_000; // stays below those that the kernel gives away
    private static final int NOBODY = 255;

    private final int network;
    private final int hosts;
    private final int[][] cuts; // by how many partitions two hosts are kept apart
    private final boolean isImpaired;
    private int started;

    /// @param hosts how many, at most a hundred
    /// @param impairment of each host's cable, as `tc` says it: `delay 2ms loss 1%`. A kernel without netem gives good
    ///   ones.
    /// @throws IOException with what the machine refuses
    NamespacedHosts(int hosts, String impairment) throws IOException {
        this.hosts = hosts;
        this.cuts = new int[hosts][hosts];
        this.network = claim();
        try {
            shell(wires());
        } catch (IOException refused) {
            close();
            throw refused;
        }
        this.isImpaired = impair(impairment);
    }

    /// Only one process can make the hub of a network.
    private static int claim() throws IOException {
        int first = (int) (ProcessHandle.current().pid() % NETWORKS);
        IOException last = new IOException("no network");
        for (int i = 0; i < NETWORKS; i++) {
            int network = (first + i) % NETWORKS;
            try {
                shell("ip netns add " + hub(network));
                return network;
            } catch (IOException refused) {
                last = refused;
                if (!refused.getMessage().contains("File exists")) {
                    break;
                }
            }
        }
        throw last;
    }

    private String wires() {
        String hub = hub(network);
        List<String> lines = new ArrayList<>();
        lines.add("ip -n " + hub + " link add hub type bridge");
        lines.add("ip -n " + hub + " link set hub up");
        lines.add("ip link add " + hub + " type veth peer name outside netns " + hub);
        lines.add("ip -n " + hub + " link set outside master hub up");
        lines.add("ip addr add " + prefix() + ".254/24 dev " + hub);
        lines.add("ip link set " + hub + " up");
        for (int host = 0; host < hosts; host++) {
            String in = "ip -n " + namespace(host);
            lines.add("ip netns add " + namespace(host));
            lines.add(
                    ("ip -n " + hub + " link add host" + host)
                            + (" type veth peer name cable address " + hardware(host))
                            + (" netns " + namespace(host)));
            lines.add("ip -n " + hub + " link set host" + host + " master hub up");
            lines.add(in + " addr add " + address(host) + "/24 dev cable");
            lines.add(in + " link set lo up");
            lines.add(in + " link set cable up");
            for (int other = 0; other < hosts; other++) {
                if (other != host) {
                    lines.add(neighbour(host, other, other));
                }
            }
        }
        return String.join("\n", lines);
    }

    /// @param hardware the host whose hardware address is used for the other's
    private String neighbour(int host, int other, int hardware) {
        return ("ip -n " + namespace(host) + " neigh replace " + address(other))
                + (" lladdr " + hardware(hardware) + " dev cable nud permanent");
    }

    private boolean impair(String impairment) {
        try {
            for (int host = 0; host < hosts; host++) {
                shell(
                        "ip netns exec "
                                + namespace(host)
                                + " tc qdisc add dev cable root netem limit 100000 "
                                + impairment);
            }
            return true;
        } catch (IOException withoutNetem) {
            return false;
        }
    }

    /// Whether the cables are as bad as was asked for.
    boolean isImpaired() {
        return isImpaired;
    }

    String address(int host) {
        return prefix() + "." + (host + 1);
    }

    /// Words that make of a command one on that host.
    List<String> on(int host) {
        return List.of("ip", "netns", "exec", namespace(host));
    }

    /// One host after the other.
    @Override
    public synchronized NodeHost next() {
        int host = started % hosts;
        int port = FIRST_PORT + started++ % PORTS;
        return new NodeHost(address(host), port, on(host));
    }

    /// @param address of its control port, `host:port`
    int hostOf(String address) {
        for (int host = 0; host < hosts; host++) {
            if (address.startsWith(address(host) + ":")) {
                return host;
            }
        }
        throw new IllegalArgumentException(address + " is on no host of " + prefix() + ".0/24");
    }

    /// Until [#mend], those hosts and the others do not hear each other.
    void cut(Set<Integer> side) throws IOException {
        change(side, 1);
    }

    /// Undoes one [#cut]; hosts which another one keeps apart stay so.
    void mend(Set<Integer> side) throws IOException {
        change(side, -1);
    }

    private synchronized void change(Set<Integer> side, int by) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int here : new TreeSet<>(side)) {
            for (int there = 0; there < hosts; there++) {
                if (!side.contains(there)) {
                    cuts[here][there] += by;
                    cuts[there][here] += by;
                    boolean isCut = cuts[here][there] > 0;
                    lines.add(neighbour(here, there, isCut ? NOBODY : there));
                    lines.add(neighbour(there, here, isCut ? NOBODY : here));
                }
            }
        }
        shell(String.join("\n", lines));
    }

    @Override
    public void close() {
        List<String> lines = new ArrayList<>(List.of("ip link del " + hub(network)));
        for (int host = 0; host < hosts; host++) {
            lines.add("ip netns del " + namespace(host));
        }
        lines.add("ip netns del " + hub(network)); // the last: a process that claims it finds nothing else
        for (String line : lines) {
            try {
                shell(line);
            } catch (IOException wasNotThere) {
                // nothing to clean up
            }
        }
    }

    private static String hub(int network) {
        return "pando-" + network;
    }

    private String namespace(int host) {
        return hub(network) + "-" + host;
    }

    private String prefix() {
        return "198." + (18 + network / 256) + "." + network % 256;
    }

    /// Locally administered.
    private static String hardware(int host) {
        return String.format(Locale.ROOT, "02:00:00:00:00:%02x", host);
    }

    private static void shell(String script) throws IOException {
        Process process = new ProcessBuilder("sh", "-ec", script).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(script.lines().findFirst().orElse("") + ": " + said.strip());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
