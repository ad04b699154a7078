package dev.pando.runtime.cli;

import dev.pando.runtime.processes.OwnJvm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// `pando …` in processes of their own, with the flags and the class path of this very JVM; they end with the test.
final class NodeCommands implements AutoCloseable {
    private final Path folder;
    private final List<Process> all = new ArrayList<>();

    /// @param folder for what they say
    NodeCommands(Path folder) {
        this.folder = folder;
    }

    Process start(String name, List<String> arguments) throws IOException {
        List<String> command = OwnJvm.command("dev.pando.runtime.cli.Main");
        command.addAll(arguments);
        Process process =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said(name).toFile()).start();
        all.add(process);
        return process;
    }

    Path said(String name) {
        return folder.resolve(name + ".out");
    }

    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    @Override
    public void close() {
        all.forEach(Process::destroyForcibly);
        all.forEach(process -> process.onExit().join());
    }
}
