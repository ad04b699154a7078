package dev.pando.collectives;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Two network namespaces of this machine with a slow and lossy cable between them, which stand for two hosts.
///
/// Needs root and `ip`. A kernel without netem gives a good cable.
final class Namespaces implements AutoCloseable {
    private final String left = "pando-l" + ProcessHandle.current().pid();
    private final String right = "pando-r" + ProcessHandle.current().pid();

    private boolean isImpaired = true;

    /// @param impairment as `tc` says it: `delay 10ms loss 1%`
    /// @throws IOException with what the machine refuses
    Namespaces(String impairment) throws IOException {
        try {
            run("ip netns add " + left);
            run("ip netns add " + right);
            run("ip link add pando0 netns " + left + " type veth peer name pando0 netns " + right);
            connect(left, "10.77.0.1/24", impairment);
            connect(right, "10.77.0.2/24", impairment);
        } catch (IOException refused) {
            close();
            throw refused;
        }
    }

    /// Whether the cable is as bad as was asked for.
    boolean isImpaired() {
        return isImpaired;
    }

    /// A command that runs another one in the left or the right namespace.
    List<String> inside(int which) {
        return List.of("ip", "netns", "exec", which == 0 ? left : right);
    }

    String address(int which) {
        return "10.77.0." + (which + 1);
    }

    @Override
    public void close() {
        for (String namespace : List.of(left, right)) {
            try {
                run("ip netns del " + namespace);
            } catch (IOException wasNotThere) {
                // nothing to clean up
            }
        }
    }

    private void connect(String namespace, String address, String impairment) throws IOException {
        run("ip -n " + namespace + " addr add " + address + " dev pando0");
        run("ip -n " + namespace + " link set lo up");
        run("ip -n " + namespace + " link set pando0 up");
        try {
            run("ip netns exec " + namespace + " tc qdisc add dev pando0 root netem limit 100000 " + impairment);
        } catch (IOException withoutNetem) {
            isImpaired = false;
        }
    }

    private static void run(String command) throws IOException {
        Process process = new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(command + ": " + said.strip());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
