package dev.pando.collectives.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Names a process so that a later one with the same number is not mistaken for it: what files and addresses carry, so
/// that anyone on the host can tell whether their owner still lives.
///
/// @param namespace inode of its pid namespace; numbers mean nothing across namespaces
/// @param pid its number
/// @param start when it started, in clock ticks since the machine did
public record ProcessId(long namespace, long pid, long start) {
    private static final Path PROC = Path.of("/proc");
    private static final ProcessId SELF = readSelf();

    /// This process.
    public static ProcessId self() {
        return SELF;
    }

    public static ProcessId parse(String text) {
        String[] parts = text.split("-", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("not a process: " + text);
        }
        return new ProcessId(Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
    }

    /// Whether the kernel says that it has ended. Of a process in another namespace nothing is known, so it is not said
    /// to be gone.
    boolean isGone() {
        return namespace == SELF.namespace && pid != SELF.pid && startOf(pid) != start;
    }

    @Override
    public String toString() {
        return namespace + "-" + pid + "-" + start;
    }

    private static ProcessId readSelf() {
        long pid = ProcessHandle.current().pid();
        return new ProcessId(readNamespace(), pid, startOf(pid));
    }

    private static long readNamespace() {
        try {
            // the link reads pid:[4026531836]
            String link = Files.readSymbolicLink(PROC.resolve("self/ns/pid")).toString();
            return Long.parseLong(link.replaceAll("\\D", ""));
        } catch (IOException | NumberFormatException unknown) {
            return 0;
        }
    }

    /// @return field 22 of its stat file; 0 if there is no such process, or only its corpse
    private static long startOf(long pid) {
        try {
            String stat = Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"));
            // the second field is a name in brackets, which may hold spaces and brackets itself
            String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            boolean corpse = afterName[0].equals("Z") || afterName[0].equals("X");
            return corpse ? 0 : Long.parseLong(afterName[19]);
        } catch (IOException | RuntimeException gone) {
            return 0;
        }
    }
}
