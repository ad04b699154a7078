package dev.pando.evaluation.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.LanguageModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A worker process of an evaluation: reads a trial a line, and writes a reply a line.
///
/// Its first line says which model it has. While it computes it says once a second that it lives, so that a process
/// that hangs is told from a long prompt. It ends with its input, also within a trial: so none outlives the process
/// that started it.
public final class WorkerService {
    static final String READY = "{\"ready\":";
    static final String ALIVE = "{}";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final long BEAT_SECONDS = 1;

    /// A line that answers a trial: one of the two.
    record Line(Reply reply, String failed) {}

    private final OutputStream out;

    private WorkerService(OutputStream out) {
        this.out = out;
    }

    /// Serves until the input ends.
    ///
    /// @param ended runs when the input ends, on a thread of its kind; it must end the process
    public static void serve(LanguageModel model, InputStream in, OutputStream out, Runnable ended) {
        WorkerService service = new WorkerService(out);
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        CountDownLatch over = new CountDownLatch(1);
        Thread.ofPlatform()
                .daemon()
                .name("evaluation-input")
                .start(() -> {
                    read(in, lines);
                    over.countDown();
                    ended.run();
                });
        Thread.ofPlatform().daemon().name("evaluation-beat").start(() -> service.beat(over));
        service.write(READY + text(model.id()) + "}");
        try (Asking asking = new Asking(model)) {
            while (over.getCount() > 0) {
                String line = lines.poll(BEAT_SECONDS, TimeUnit.SECONDS);
                if (line != null) {
                    service.write(text(answer(asking, line)));
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static Line answer(Asking asking, String line) {
        try {
            return new Line(asking.ask(JSON.readValue(line, Trial.class)), null);
        } catch (EvaluationException wrong) {
            return new Line(null, wrong.getMessage());
        } catch (JsonProcessingException wrong) {
            return new Line(null, "a worker process read what is no trial: " + wrong.getOriginalMessage());
        }
    }

    private static void read(InputStream in, BlockingQueue<String> lines) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException closed) {
            // as when it ends
        }
    }

    private void beat(CountDownLatch over) {
        try {
            while (!over.await(BEAT_SECONDS, TimeUnit.SECONDS)) {
                write(ALIVE);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (UncheckedIOException closed) {
            // the process that reads is gone, and this one ends with its input
        }
    }

    private synchronized void write(String line) {
        try {
            out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException failed) {
            throw new UncheckedIOException("the reply cannot be written", failed);
        }
    }

    static String text(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("records of numbers and texts are JSON", impossible);
        }
    }
}
