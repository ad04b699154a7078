package dev.pando.bench.step;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/// PyTorch's side: a separate process that computes a turn for every line it is sent.
final class TorchSide implements Contestant {
    private static final Path SCRIPT = Path.of(System.getProperty("pando.home", "."), "bench/step/torch_step.py");
    private static final Duration PATIENCE = Duration.ofMinutes(15); // for a turn; the first one may compile
    private static final Duration IMPORT_PATIENCE = Duration.ofMinutes(2);
    private static final String END = "";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final Process process;
    private final Writer requests;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

    /// @param python an interpreter that has PyTorch
    /// @param compiled whether torch.compile is used
    static TorchSide start(String python, Handover handover, int threads, boolean compiled) {
        ProcessBuilder builder =
                new ProcessBuilder(python, SCRIPT.toString(), handover.folder().toString(), Integer.toString(threads));
        if (compiled) {
            builder.command().add("--compile");
        }
        try {
            return new TorchSide(builder.redirectError(ProcessBuilder.Redirect.INHERIT).start(), compiled);
        } catch (IOException failed) {
            throw new UncheckedIOException(python + " could not be started", failed);
        }
    }

    /// Whether an interpreter is there and has PyTorch.
    static boolean hasTorch(String python) {
        try {
            Process asked =
                    new ProcessBuilder(python, "-c", "import torch")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            boolean ended = asked.waitFor(IMPORT_PATIENCE.toSeconds(), TimeUnit.SECONDS);
            asked.destroyForcibly();
            return ended && asked.exitValue() == 0;
        } catch (IOException none) {
            return false;
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("interrupted while " + python + " looks for PyTorch", interrupted);
        }
    }

    private TorchSide(Process process, boolean compiled) {
        this.process = process;
        this.requests = process.outputWriter();
        Thread.ofPlatform().name("pytorch-answers").daemon().start(this::listen);
        this.name = "PyTorch " + answer().get("version").asText() + (compiled ? ", compiled" : ", eager");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Turn run(int steps) {
        try {
            requests.write(steps + "\n");
            requests.flush();
        } catch (IOException gone) {
            throw new UncheckedIOException("PyTorch's process has ended", gone);
        }
        JsonNode answer = answer();
        return new Turn(numbers(answer.get("seconds")), numbers(answer.get("losses")));
    }

    @Override
    public Duration cpuTime() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Override
    public void close() {
        process.destroy();
    }

    private void listen() {
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().forEach(answers::add);
        } catch (IOException | UncheckedIOException gone) {
            // as good as its end
        }
        answers.add(END);
    }

    private JsonNode answer() {
        try {
            String line = answers.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (line == null) {
                throw new IllegalStateException("PyTorch has not answered for " + PATIENCE.toMinutes() + " minutes");
            }
            if (line.equals(END)) {
                throw new IllegalStateException("PyTorch's process has ended; what it said stands above");
            }
            return JSON.readTree(line);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("interrupted while PyTorch computes", interrupted);
        } catch (IOException garbled) {
            throw new UncheckedIOException("PyTorch's process says what is not JSON", garbled);
        }
    }

    private static double[] numbers(JsonNode list) {
        return IntStream.range(0, list.size()).mapToDouble(i -> list.get(i).asDouble()).toArray();
    }
}
