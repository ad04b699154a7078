package outside;

import dev.pando.runtime.Pando;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;

/// Trains the job that its argument names, and prints how the job ended.
public final class Service {
    private Service() {}

    public static void main(String[] arguments) {
        try (Pando pando = Pando.start(Path.of(arguments[0]))) {
            JobResult result = pando.job().done().toCompletableFuture().join();
            System.out.println(result);
        } catch (UserError wrong) {
            System.err.println(wrong.getMessage());
            System.exit(2);
        }
    }
}
