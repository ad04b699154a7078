package dev.pando.chaos.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/// What goes wrong in the training that a JUnit test starts.
///
/// ```java
/// @Test
/// @Faults("kill worker-1 at step 3")
/// void shouldAnswerWhileAWorkerDies(Chaos chaos) {
///     try (MyService service = new MyService(Pando.start(chaos.upon(submission)))) { ... }
/// }
/// ```
///
/// The test fails, too, where a fault did not strike, or the job's history breaks a rule: see [Chaos#requireSurvived].
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@ExtendWith(FaultsExtension.class)
public @interface Faults {
    /// The script, as on the command line.
    String value();

    /// Decides what the script leaves open.
    long seed() default 1;
}
