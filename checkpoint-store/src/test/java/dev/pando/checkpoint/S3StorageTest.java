package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Doors;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.storage.S3Location;
import dev.pando.checkpoint.storage.S3Storage;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Newest;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;

/// Checkpoints in a bucket of a real server, well and unwell.
class S3StorageTest {
    private static final Duration PATIENT = Duration.ofSeconds(60);
    private static final Duration IMPATIENT = Duration.ofMillis(700);
    private static final CheckpointSettings SMALL = new CheckpointSettings(2, 192, 64, 2, 0);

    private static S3Server server;

    private final String prefix = "runs/" + UUID.randomUUID();
    private final String where = "s3://bucket/" + prefix;

    @BeforeAll
    static void start() throws Exception {
        server = new S3Server();
    }

    @AfterAll
    static void stop() throws Exception {
        server.stop();
    }

    @AfterEach
    void heal() {
        server.refusing(null);
        server.failing(0, 0);
        server.losingTheAnswerTo(request -> false);
    }

    private Checkpoints open(S3Client client, Duration patience, CheckpointSettings settings) {
        return new Checkpoints(
                new S3Storage(client, server.outages(), server.place(prefix, patience), 2, 5 << 20), "a", settings);
    }

    private Checkpoints open() {
        return open(server.client(PATIENT), PATIENT, SMALL);
    }

    private static void assertHolds(Checkpoints checkpoints, Saved saved, TrainerState state) {
        TrainerState into = States.zeros(saved.step());
        checkpoints.load(saved, into.spans());
        States.assertSame(into, state);
    }

    private static Checkpoints.Written written(Checkpoints checkpoints, TrainerState state) {
        return checkpoints.save(state.step(), state.history(), Doors.parts(state.spans()), Map.of());
    }

    private List<String> keys() {
        try (S3Client client = server.client(PATIENT)) {
            return client.listObjectsV2(request -> request.bucket(S3Server.BUCKET).prefix(prefix)).contents().stream()
                    .map(S3Object::key)
                    .toList();
        }
    }

    @Test
    void shouldGiveBackEveryBitAndKeepTheNewest() {
        try (Checkpoints checkpoints = open()) {
            for (long step = 1; step <= 4; step++) {
                checkpoints.save(States.after(step), States.ATTRIBUTES);
            }

            Newest newest = checkpoints.newest();

            assertThat(newest.damaged()).isEmpty();
            assertHolds(checkpoints, newest.saved().orElseThrow(), States.after(4));
            assertThat(newest.saved().orElseThrow().attributes()).isEqualTo(States.ATTRIBUTES);
            assertThat(checkpoints.list()).extracting(Saved::step).containsExactly(4L, 3L);
            assertThat(keys()).noneMatch(key -> key.contains("0000000001") || key.contains("0000000002"));
        }
    }

    @Test
    void shouldAskAtOnceForWhatLiesSideBySide() {
        TrainerState state = States.after(4);
        try (Checkpoints checkpoints = open(server.client(PATIENT), PATIENT, CheckpointSettings.DEFAULT)) {
            Saved saved = checkpoints.save(state, Map.of());
            long before = server.requests();

            assertHolds(checkpoints, saved, state);

            assertThat(state.spans()).hasSizeGreaterThan(10);
            assertThat(server.requests() - before).isLessThan(7); // each file's size and contents, the manifest's too
        }
    }

    @Test
    void shouldSendLargeFilesInParts() {
        MemorySegment data = Arena.ofAuto().allocate(17_000_000);
        Random random = new Random(1);
        for (long at = 0; at < data.byteSize(); at += 4) {
            data.set(ValueLayout.JAVA_INT, at, random.nextInt());
        }
        List<TrainerState.Span> spans = List.of(new TrainerState.Span("t", List.of(4250L, 1000L), data));
        CheckpointSettings settings = new CheckpointSettings(2, 14 << 20, 1 << 20, 2, 0);
        try (Checkpoints checkpoints = open(server.client(PATIENT), PATIENT, settings)) {
            Saved saved = checkpoints.save(new TrainerState(1, States.history(1), spans), Map.of());

            MemorySegment read = Arena.ofAuto().allocate(data.byteSize());
            checkpoints.load(saved, List.of(new TrainerState.Span("t", List.of(4250L, 1000L), read)));

            assertThat(read.mismatch(data)).isEqualTo(-1);
            assertThat(checkpoints.newest().saved()).contains(saved);
        }
    }

    @Test
    void shouldNotSendWhatDidNotChange() {
        try (Checkpoints checkpoints = open()) {
            Checkpoints.Written first = written(checkpoints, States.frozenAfter(1));
            Checkpoints.Written second = written(checkpoints, States.frozenAfter(2));
            checkpoints.save(States.after(3), Map.of());
            checkpoints.save(States.after(4), Map.of()); // the first two are gone

            assertThat(second.writtenBytes()).isLessThan(first.writtenBytes());
            assertThat(checkpoints.newest().damaged()).isEmpty();
        }
    }

    @Test
    void shouldGoOnWhereAnUploadBrokeOff() {
        TrainerState state = States.after(1);
        try (Checkpoints impatient = open(server.client(IMPATIENT), IMPATIENT, SMALL)) {
            long[] files = {3};
            server.losingTheAnswerTo(request -> {
                if (request instanceof PutObjectRequest && files[0]-- == 0) {
                    server.refusing(503);
                }
                return false;
            });
            assertThatThrownBy(() -> impatient.save(state, Map.of())).isInstanceOf(CheckpointException.class);
        }
        server.refusing(null);
        List<String> before = keys();
        assertThat(before).isNotEmpty().noneMatch(key -> key.contains("manifests"));
        Set<String> sent = ConcurrentHashMap.newKeySet();
        server.losingTheAnswerTo(request -> {
            if (request instanceof PutObjectRequest put) {
                sent.add(put.key());
            }
            return false;
        });

        try (Checkpoints patient = open()) {
            assertThat(patient.list()).isEmpty();
            Saved saved = patient.save(state, Map.of());

            assertHolds(patient, saved, state);
        }
        assertThat(keys()).containsAll(before);
        assertThat(sent).isNotEmpty().doesNotContainAnyElementsOf(before);
    }

    @Test
    void shouldPublishOnceThoughTheAnswerIsLost() {
        try (Checkpoints checkpoints = open()) {
            long failures = server.failures();
            server.losingTheAnswerTo(
                    request -> request instanceof PutObjectRequest put && put.key().contains("manifests/"));

            Saved saved = checkpoints.save(States.after(1), Map.of());

            assertThat(server.failures()).isEqualTo(failures + 1);
            assertThat(checkpoints.list()).containsExactly(saved);
            assertHolds(checkpoints, saved, States.after(1));
        }
    }

    @Test
    void shouldComeThroughAServerThatFailsEveryFifthRequest() {
        long failures = server.failures();
        server.failing(20, Long.getLong("seed", 7));
        try (Checkpoints checkpoints = open()) {
            for (long step = 1; step <= 2; step++) {
                Saved saved = checkpoints.save(States.after(step), Map.of());
                assertHolds(checkpoints, saved, States.after(step));
            }
            assertThat(checkpoints.newest().damaged()).isEmpty();
            assertThat(server.failures()).isGreaterThan(failures + 10);
        }
    }

    @Test
    void shouldSayWhatIsWrongWithTheServer() {
        try (Checkpoints checkpoints = open(server.client(IMPATIENT), IMPATIENT, SMALL)) {
            Saved saved = checkpoints.save(States.after(1), Map.of());
            server.refusing(503);

            assertThatThrownBy(() -> checkpoints.save(States.after(2), Map.of()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith("the checkpoint of step 2 was not saved to " + where + ": ");
            assertThatThrownBy(checkpoints::newest)
                    .as("which is no reason to start over")
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith(where + " cannot be read: ");

            server.refusing(403);
            assertThatThrownBy(checkpoints::newest)
                    .hasMessage(where + " cannot be read: permission is denied by its server");

            server.refusing(null);
            assertThat(checkpoints.newest().saved()).contains(saved);
        }
    }

    @Test
    void shouldTellOnceThatTheServerWasAwayForAWhile() {
        try (Checkpoints checkpoints = open()) {
            checkpoints.warning(); // of other tests
            server.losingTheAnswerTo(request -> request instanceof PutObjectRequest);

            checkpoints.save(States.after(1), Map.of());

            assertThat(
                            checkpoints
                                    .warning()
                                    .orElseThrow()) // why depends on whether its answer came before our last byte
                    .startsWith(where + " was away for ")
                    .endsWith("; nothing is lost");
            assertThat(checkpoints.warning()).isEmpty();
        }
    }

    @Test
    void shouldSayWhomACallWaitsForAndWhy() {
        try (Checkpoints checkpoints = open(server.client(IMPATIENT), IMPATIENT, SMALL)) {
            server.outages().overcome(Duration.ZERO, new IOException("of other tests"));
            assertThat(checkpoints.waitingReason()).isEqualTo("waiting for " + where);
            server.outages().failing(new IOException("its server answers 503"));

            assertThat(checkpoints.waitingReason())
                    .isEqualTo("waiting for " + where + ": its server answers 503; given up after 0 s");

            server.refusing(503);
            assertThatThrownBy(checkpoints::newest).isInstanceOf(CheckpointException.class);
            assertThat(checkpoints.waitingReason()).startsWith("waiting for " + where + ": its server answers 503");

            server.outages().overcome(Duration.ZERO, new IOException("its server answers 503"));
            assertThat(checkpoints.waitingReason()).isEqualTo("waiting for " + where);
        }
    }

    @Test
    void shouldSayInTheEndWhatTheServerSaidAllAlong() {
        try (Checkpoints checkpoints = open(server.client(IMPATIENT), IMPATIENT, SMALL)) {
            server.refusing(503);

            assertThatThrownBy(checkpoints::newest)
                    .hasMessageStartingWith(where + " cannot be read: its server answers 503");
        }
    }

    @Test
    void shouldSayWhenTheCredentialsAreRefused() {
        try (Checkpoints checkpoints = open(server.client("wrong"), PATIENT, SMALL)) {
            assertThatThrownBy(() -> checkpoints.save(States.after(2), Map.of()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(
                            "the checkpoint of step 2 was not saved to "
                                    + where
                                    + ":"
                                    + " its server refuses the credentials (SignatureDoesNotMatch)");
        }
    }

    @Test
    void shouldSayWhenThereIsNoServerOrNoBucket() throws Exception {
        try (Checkpoints elsewhere =
                new Checkpoints(
                        new S3Storage(
                                server.client(PATIENT),
                                server.outages(),
                                new S3Location(
                                        "elsewhere",
                                        "",
                                        java.util.Optional.empty(),
                                        java.util.Optional.empty(),
                                        PATIENT),
                                1),
                        "a",
                        SMALL)) {
            assertThatThrownBy(() -> elsewhere.save(States.after(2), Map.of()))
                    .hasMessage("the checkpoint of step 2 was not saved to s3://elsewhere: the bucket does not exist");
        }
        S3Server gone = new S3Server();
        try (Checkpoints checkpoints = open(gone.client(IMPATIENT), IMPATIENT, SMALL)) {
            gone.stop();
            assertThatThrownBy(checkpoints::newest)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith(where + " cannot be read: the server does not answer (");
        }
    }

    @Test
    void shouldPassOverADamagedOne() {
        try (Checkpoints checkpoints = open();
                S3Client client = server.client(PATIENT)) {
            Saved first = checkpoints.save(States.after(1), Map.of());
            Saved second = checkpoints.save(States.after(2), Map.of());
            String key = keys().stream().filter(name -> name.contains(second.id() + "/")).findFirst().orElseThrow();
            byte[] bytes = client.getObjectAsBytes(request -> request.bucket(S3Server.BUCKET).key(key)).asByteArray();
            bytes[bytes.length - 100] ^= 1;
            client.putObject(request -> request.bucket(S3Server.BUCKET).key(key), RequestBody.fromBytes(bytes));

            Newest newest = checkpoints.newest();
            Saved again = checkpoints.save(States.after(2), Map.of());

            assertThat(newest.saved()).contains(first);
            assertThat(newest.damaged()).hasSize(1);
            assertThat(again.id()).isEqualTo(second.id() + "-2");
            assertHolds(checkpoints, again, States.after(2));
        }
    }

    @Test
    void shouldLetSeveralNodesWriteOneCheckpoint() {
        try (Checkpoints one = open();
                Checkpoints other = open();
                SharedCheckpoint shared = one.begin(3, States.history(3), Map.of())) {
            List<TensorPart> parts = Doors.parts(States.after(3).spans());
            Contribution first = one.contribute(shared.ticket(), parts.subList(0, 8));
            Contribution second = other.contribute(shared.ticket(), parts.subList(8, parts.size()));
            assertThat(other.list()).isEmpty();

            Saved saved = shared.commit(List.of(first, second));

            assertHolds(other, saved, States.after(3));
        }
    }

    @Test
    void shouldLeaveWhatMayStillHaveAWriter() throws IOException {
        try (Checkpoints checkpoints = open();
                SharedCheckpoint shared = checkpoints.begin(3, States.history(3), Map.of())) {
            checkpoints.contribute(shared.ticket(), Doors.parts(States.after(3).spans()));
            List<String> before = keys();

            checkpoints.sweep();

            assertThat(keys()).isEqualTo(before).isNotEmpty();
        }
    }

    @Test
    void shouldReadPlaces() {
        S3Location place = S3Location.parse("s3://my-bucket/runs/one/");
        assertThat(place.bucket()).isEqualTo("my-bucket");
        assertThat(place.key("x")).isEqualTo("runs/one/x");
        assertThat(place).hasToString("s3://my-bucket/runs/one");
        assertThat(S3Location.parse("s3://my-bucket").key("x")).isEqualTo("x");
        assertThatThrownBy(() -> S3Location.parse("s3://My_Bucket/x"))
                .hasMessage("'My_Bucket' is not the name of an S3 bucket");
        assertThatThrownBy(() -> S3Location.parse("/tmp"))
                .hasMessage("'/tmp' is no place in S3; write s3://bucket/prefix");
    }
}
