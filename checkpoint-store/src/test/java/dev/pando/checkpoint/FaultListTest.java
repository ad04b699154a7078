package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.storage.FolderStorage;
import dev.pando.checkpoint.storage.S3Errors;
import dev.pando.checkpoint.storage.StorageErrors;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Saved;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Everything that a place may refuse, and the sentence that a person reads about it.
class FaultListTest {
    private static final Path FOLDER = Path.of("/runs/a/checkpoints");
    private static final CheckpointSettings SMALL = new CheckpointSettings(2, 192, 64, 1, 0);

    private static Arguments fault(Supplier<IOException> failure, String sentence) {
        return Arguments.of(sentence, failure);
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault(() -> new IOException("No space left on device"), "no space is left there"),
                fault(() -> new IOException("Disk quota exceeded"), "no space is left there"),
                fault(() -> new AccessDeniedException(FOLDER + "/x"), "permission to use " + FOLDER + "/x is denied"),
                fault(
                        () -> new FileSystemException(FOLDER + "/x", null, "Read-only file system"),
                        "it is on a read-only file system"),
                fault(() -> new IOException("Input/output error"), "Input/output error"),
                fault(() -> new FileSystemException(FOLDER + "/x", null, "Stale file handle"), "Stale file handle"));
    }

    /// From the first call of a save to the last: where it fails midway, the checkpoint before it is what there is.
    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void shouldSayWhatThePlaceRefusesWheneverItBegins(String sentence, Supplier<IOException> failure) {
        for (long call = 1; ; call++) {
            SimulatedDisk disk = new SimulatedDisk(call);
            try (Checkpoints checkpoints = new Checkpoints(new FolderStorage(disk, FOLDER), "a", SMALL)) {
                Saved before = checkpoints.save(States.after(1), Map.of());
                disk.failAfter(call, failure);

                Throwable refused = catchThrowable(() -> checkpoints.save(States.after(2), Map.of()));

                boolean reached = disk.hasFailed();
                disk.heal();
                if (refused != null) {
                    assertThat(refused)
                            .isInstanceOf(CheckpointException.class)
                            .hasMessageStartingWith("the checkpoint of step 2 was not saved to " + FOLDER + ": ")
                            .hasMessageContaining(sentence);
                    assertThat(checkpoints.newest().damaged()).isEmpty();
                    assertThat(checkpoints.newest().saved().orElseThrow().step())
                            .as("failing at call " + call + ", which may be the last, after it is published")
                            .isIn(before.step(), 2L);
                }
                Saved after = checkpoints.save(States.after(3), Map.of());
                assertThat(checkpoints.newest().saved()).as("once it works again").contains(after);
                if (!reached) {
                    assertThat(call).as("calls of a save").isGreaterThan(20);
                    return;
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "503 | SlowDown | its server asks to slow down",
                "503 | '' | its server answers 503",
                "403 | InvalidAccessKeyId | its server refuses the credentials (InvalidAccessKeyId)",
                "403 | SignatureDoesNotMatch | its server refuses the credentials (SignatureDoesNotMatch)",
                "400 | ExpiredToken | its server refuses the credentials (ExpiredToken)",
                "403 | RequestTimeTooSkewed | this machine's clock is too far from its server's",
                "403 | AccessDenied | permission is denied by its server",
                "404 | NoSuchBucket | the bucket does not exist"
            })
    void shouldSayWhatAServerRefuses(int status, String code, String sentence) {
        S3Exception answer =
                (S3Exception)
                        S3Exception.builder()
                                .statusCode(status)
                                .awsErrorDetails(AwsErrorDetails.builder().errorCode(code).build())
                                .build();

        CheckpointException told =
                StorageErrors.notSaved(7, "s3://b/run", 0, S3Errors.translated("s3://b/run", answer));

        assertThat(told).hasMessage("the checkpoint of step 7 was not saved to s3://b/run: " + sentence);
    }
}
