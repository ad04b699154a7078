package dev.pando.chaos.survival;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does to a process what a machine does to it that dies, freezes, or comes back.
final class Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);
    private static final long PATIENCE_SECONDS = 5;

    private Signals() {}

    /// It says nothing any more.
    static void kill(ProcessHandle process) {
        process.destroyForcibly();
    }

    /// It stands still, wherever it is.
    static void freeze(ProcessHandle process) {
        send("STOP", process);
    }

    /// It goes on as if nothing had been.
    static void thaw(ProcessHandle process) {
        send("CONT", process);
    }

    private static void send(String signal, ProcessHandle process) {
        try {
            Process sending = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
            if (!sending.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                sending.destroyForcibly();
            }
        } catch (IOException failed) {
            LOG.warn("SIG{} was not sent to process {}", signal, process.pid(), failed);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }
}
