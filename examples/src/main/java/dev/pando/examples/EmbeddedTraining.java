package dev.pando.examples;

import com.sun.net.httpserver.HttpServer;
import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.Pando;
import dev.pando.runtime.job.Job;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/// A service of one's own that trains a model beside its usual work, and tells over HTTP how far it is.
///
/// ```
/// curl http://localhost:8080/training
/// step 41, loss 5.103
/// ```
public final class EmbeddedTraining implements AutoCloseable {
    private final Pando pando;
    private final HttpServer server;
    private final CompletableFuture<Void> heardAll = new CompletableFuture<>();
    private volatile String status = "preparing";

    private EmbeddedTraining(Pando pando, HttpServer server) {
        this.pando = pando;
        this.server = server;
    }

    /// @param job as a config says it, and whatever else is to hold for its run
    /// @param port of the service; 0 takes any that is free
    public static EmbeddedTraining start(Submission job, int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        EmbeddedTraining service = new EmbeddedTraining(Pando.start(job), server);
        service.job().events().subscribe(service.new Follower());
        server.createContext(
                "/training",
                exchange -> {
                    byte[] answer = (service.status + "\n").getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(200, answer.length);
                    try (OutputStream body = exchange.getResponseBody()) {
                        body.write(answer);
                    }
                });
        server.start();
        return service;
    }

    public Job job() {
        return pando.job();
    }

    /// Waits for the end of the job, and until the service tells of it.
    public JobResult await() {
        return job().done().toCompletableFuture().thenCombine(heardAll, (result, heard) -> result).join();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /// Stops training, with a checkpoint if it is not over, and the service.
    @Override
    public void close() {
        pando.close();
        server.stop(0);
    }

    public static void main(String[] arguments) throws IOException {
        Path config = Path.of(arguments.length > 0 ? arguments[0] : "examples/quickstart.conf");
        try (EmbeddedTraining service = start(Submission.of(config), 8080)) {
            System.out.println("http://localhost:" + service.port() + "/training says how far it is");
            System.out.println(service.await());
        }
    }

    /// Keeps the status up to date. A follower that is slow, or fails, does not hold up the training.
    private final class Follower implements Flow.Subscriber<JobEvent> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(JobEvent event) {
            switch (event) {
                case JobEvent.StepCommitted step when step.wasSkipped() -> status = "step " + step.step() + " skipped";
                case JobEvent.StepCommitted step ->
                        status = String.format(Locale.ROOT, "step %d, loss %.3f", step.step(), step.loss());
                case JobEvent.WorkerLost lost -> status = "lost " + lost.worker() + ", going on";
                case JobEvent.Finished finished -> status = "finished, " + finished.hash();
                default -> {}
            }
        }

        @Override
        public void onError(Throwable failure) {
            status = failure.getMessage();
            heardAll.complete(null);
        }

        @Override
        public void onComplete() {
            heardAll.complete(null);
        }
    }
}
