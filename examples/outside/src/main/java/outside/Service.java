package outside;

import dev.pando.runtime.Pando;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;

/// Trains the job that its argument names, and prints how the job ended.
public final class Service {
    private Service() {}

    public static void main(String[] arguments) {
        try (Pando pando = Pando.start(Path.of(arguments[0]))) {
            JobResult result = pando.job().done().toCompletableFuture().join();
            System.out.println(result);
        } catch (UserError refused) { // by the config or this JVM, before anything starts
            end(refused);
        } catch (CompletionException failed) { // while data is prepared or the job runs
            end(failed.getCause());
        }
    }

    private static void end(Throwable reason) {
        System.err.println(reason.getMessage());
        System.exit(2);
    }
}
