package dev.pando.evaluation.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.evaluation.data.EvaluationException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// One worker process, as seen from the process that started it; see [WorkerService] for the lines between them.
final class WorkerProcess implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String END = "";

    /// Longest silence of a process that lives: it says so once a second, and a machine may be short of memory.
    private static final long SILENCE_SECONDS = 60;

    private static final long DYING_SECONDS = 10;

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread errors;
    private volatile String lastError = "";

    /// The process is gone, or as good as gone; its trial can be asked of another.
    static final class Lost extends Exception {
        private static final long serialVersionUID = 1;

        Lost(String message) {
            super(message);
        }
    }

    private WorkerProcess(Process process) {
        this.process = process;
        Thread.ofPlatform()
                .daemon()
                .name("evaluation-worker-" + process.pid())
                .start(() -> {
                    each(process.getInputStream(), lines::add);
                    lines.add(END);
                });
        this.errors =
                Thread.ofPlatform()
                        .daemon()
                        .name("evaluation-worker-errors-" + process.pid())
                        .start(() -> each(process.getErrorStream(), line -> lastError = line));
    }

    /// Starts a process, and waits until it has the model.
    ///
    /// @param id of the model that it must have
    static WorkerProcess start(List<String> command, String id) throws Lost {
        Process process;
        try {
            process = new ProcessBuilder(command).start();
        } catch (IOException failed) {
            throw new EvaluationException("a worker process cannot be started: " + failed.getMessage(), failed);
        }
        WorkerProcess worker = new WorkerProcess(process);
        String ready = worker.next();
        if (!ready.equals(WorkerService.READY + WorkerService.text(id) + "}")) {
            worker.close();
            throw new EvaluationException(
                    "worker process "
                            + process.pid()
                            + " has another model than this evaluation, or none: its first line is "
                            + ready.substring(0, Math.min(200, ready.length())));
        }
        return worker;
    }

    Reply ask(Trial trial) throws Lost {
        try {
            OutputStream out = process.getOutputStream();
            out.write((WorkerService.text(trial) + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException broken) {
            throw lost("ended");
        }
        String line = next();
        try {
            WorkerService.Line answer = JSON.readValue(line, WorkerService.Line.class);
            if (answer.failed() != null) {
                throw new EvaluationException(answer.failed());
            }
            return answer.reply();
        } catch (JsonProcessingException wrong) {
            throw lost("wrote what is no reply");
        }
    }

    /// The next line that says more than that the process lives.
    private String next() throws Lost {
        try {
            String line = WorkerService.ALIVE;
            while (line.equals(WorkerService.ALIVE)) {
                line = lines.poll(SILENCE_SECONDS, TimeUnit.SECONDS);
                if (line == null) {
                    throw lost("was silent for " + SILENCE_SECONDS + " seconds");
                }
                if (line.equals(END)) {
                    errors.join(Duration.ofSeconds(1)); // its last words may come behind its end
                    throw lost("ended");
                }
            }
            return line;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new EvaluationException("the evaluation was interrupted", stopped);
        }
    }

    private Lost lost(String how) {
        return new Lost(
                "worker process "
                        + process.pid()
                        + " "
                        + how
                        + (lastError.isEmpty() ? "" : ", and wrote: " + lastError));
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(DYING_SECONDS, TimeUnit.SECONDS)) {
                throw new EvaluationException(
                        "worker process " + process.pid() + " lives " + DYING_SECONDS + " seconds after its SIGKILL");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static void each(InputStream in, Consumer<String> line) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            reader.lines().forEach(line);
        } catch (IOException | UncheckedIOException closed) {
            // as when it ends
        }
    }
}
