package dev.pando.runtime;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Two network namespaces of this machine and a cable between them, which stand for two hosts with one file system; the
/// cable can be cut and mended. Needs root, `ip` and `bash`.
final class TwoHosts implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;

    private final List<String> namespaces =
            List.of("pando-g1-" + ProcessHandle.current().pid(), "pando-g2-" + ProcessHandle.current().pid());
    private final List<Process> processes = new ArrayList<>();
    private boolean isImpaired = true;

    /// @param impairment of the cable, as `tc` says it: `delay 2ms loss 1%`. A kernel without netem gives a good one.
    /// @throws IOException with what the machine refuses
    TwoHosts(String impairment) throws IOException {
        try {
            for (String namespace : namespaces) {
                run("ip netns add " + namespace);
            }
            run(
                    "ip link add pando0 netns "
                            + namespaces.get(0)
                            + " type veth peer name pando0 netns "
                            + namespaces.get(1));
            for (int host = 0; host < namespaces.size(); host++) {
                run("ip -n " + namespaces.get(host) + " addr add " + address(host) + "/24 dev pando0");
                run("ip -n " + namespaces.get(host) + " link set lo up");
                run("ip -n " + namespaces.get(host) + " link set pando0 up");
                impair(namespaces.get(host), impairment);
            }
        } catch (IOException refused) {
            close();
            throw refused;
        }
    }

    private void impair(String namespace, String impairment) {
        try {
            run("ip netns exec " + namespace + " tc qdisc add dev pando0 root netem limit 100000 " + impairment);
        } catch (IOException withoutNetem) {
            isImpaired = false;
        }
    }

    /// Whether the cable is as bad as was asked for.
    boolean isImpaired() {
        return isImpaired;
    }

    String address(int host) {
        return "10.78.0." + (host + 1);
    }

    void cut() throws IOException {
        run("ip -n " + namespaces.get(0) + " link set pando0 down");
    }

    void mend() throws IOException {
        run("ip -n " + namespaces.get(0) + " link set pando0 up");
    }

    /// Starts `pando …` on a host.
    Process pando(int host, Path log, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", namespaces.get(host)));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-agentlib:jdwp"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.pando.runtime.cli.Main"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        processes.add(process);
        return process;
    }

    /// Asks a node on its own host, however the cable is.
    ///
    /// @return its first answer, empty where nobody answers
    String ask(int host, int port, String question) throws IOException {
        String script =
                "exec 3<>/dev/tcp/"
                        + address(host)
                        + "/"
                        + port
                        + " && echo '"
                        + question
                        + "' >&3 && IFS= read -r -t 10 line <&3; printf '%s' \"$line\"";
        Process asking =
                new ProcessBuilder("ip", "netns", "exec", namespaces.get(host), "bash", "-c", script)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return new String(asking.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
        processes.forEach(TwoHosts::awaitEnd);
        for (String namespace : namespaces) {
            try {
                run("ip netns del " + namespace);
            } catch (IOException wasNotThere) {
                // nothing to clean up
            }
        }
    }

    /// What a process holds, such as the lock of a folder, it holds until it has ended.
    private static void awaitEnd(Process process) {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(
                        "process "
                                + process.pid()
                                + " was killed, and is still there after "
                                + PATIENCE_SECONDS
                                + " s");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void run(String command) throws IOException {
        Process process = new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(command + ": " + said.strip());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
