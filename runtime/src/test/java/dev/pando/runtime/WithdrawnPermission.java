package dev.pando.runtime;

import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.processes.OwnJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/// A run in a process that loses the permission to write to its checkpoints' folder after the first of them, and has it
/// back after one has failed.
final class WithdrawnPermission {
    /// What it says where it may write whatever a folder's permissions say.
    static final String POWERLESS = "permissions keep no process from anything here";

    private static final List<String> AS_ANYBODY =
            List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all");

    private WithdrawnPermission() {}

    /// @return what it said, line by line
    static List<String> run(Path temp) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(canBeAnybody() ? AS_ANYBODY : List.of());
        command.addAll(OwnJvm.command(WithdrawnPermission.class.getName()));
        command.add(temp.toString());
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader said = process.inputReader()) {
            return said.lines().toList();
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    private static boolean canBeAnybody() throws InterruptedException {
        List<String> command = new ArrayList<>(AS_ANYBODY);
        command.add("true");
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException none) {
            return false;
        }
    }

    /// @param arguments the folder of a [TinyJob]
    public static void main(String[] arguments) throws Exception {
        TinyJob tiny = new TinyJob(Path.of(arguments[0]));
        Path folder = tiny.out("run").resolve("checkpoints");
        Interference withdrawn =
                (nth, save) -> {
                    if (nth == 1) {
                        permit(folder, "r-xr-xr-x");
                        if (canWrite(folder)) {
                            IO.println(POWERLESS);
                        }
                    }
                    try {
                        return save.get();
                    } finally {
                        permit(folder, "rwxr-xr-x");
                    }
                };
        Submission submission =
                Submission.of(tiny.settings("run")).with(withdrawn::with).listening(WithdrawnPermission::tell);
        try (Pando pando = Pando.start(submission)) {
            if (pando.job().done().toCompletableFuture().get() instanceof JobResult.Finished finished) {
                IO.println("hash " + finished.hash());
            }
        }
    }

    private static void permit(Path folder, String permissions) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
    }

    private static boolean canWrite(Path folder) throws IOException {
        try {
            Files.delete(Files.createFile(folder.resolve("probe")));
            return true;
        } catch (AccessDeniedException kept) {
            return false;
        }
    }

    private static void tell(JobEvent event) {
        if (event instanceof JobEvent.CheckpointFailed failed) {
            IO.println("told " + failed.sentence());
        } else if (event instanceof JobEvent.CheckpointDurable durable) {
            IO.println("durable " + durable.step());
        }
    }
}
