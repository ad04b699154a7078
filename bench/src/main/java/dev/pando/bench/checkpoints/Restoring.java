package dev.pando.bench.checkpoints;

import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.storage.S3Location;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.StateHash;
import dev.pando.training.step.TrainerState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/// How long it takes to come back from each place, and what share of the place's own speed that is, measured in turns
/// with it.
final class Restoring {
    private final String from;
    private final String medium;
    private final List<Double> seconds = new ArrayList<>();
    private final List<Double> media = new ArrayList<>();
    private boolean exact = true;

    Restoring(String from, String medium) {
        this.from = from;
        this.medium = medium;
    }

    /// @param nth the first one, 0, warms up and does not count
    /// @param allowed bytes a second of the medium, just before
    void add(int nth, double took, double allowed, boolean sameBits) {
        exact &= sameBits;
        if (nth > 0) {
            seconds.add(took);
            media.add(allowed);
        }
    }

    void print(Rig rig, long bytes) {
        List<Double> shares = new ArrayList<>();
        for (int n = 0; n < seconds.size(); n++) {
            shares.add(bytes / seconds.get(n) / media.get(n));
        }
        double medianBytes = Lines.median(media);
        Lines.of("restore", from, rig.options)
                .with("state_mb", bytes / 1e6)
                .with("restore_s", Lines.median(seconds))
                .with("mb_s", bytes / 1e6 / Lines.median(seconds))
                .with("medium", medium)
                .with("medium_mb_s", medianBytes / 1e6)
                .with("share", Lines.median(shares))
                .with("read_back_exact", exact)
                .with("restore_s_all", Lines.rounded(seconds))
                .with("share_all", Lines.rounded(shares))
                .print();
    }

    static void fromDisk(Rig rig) throws Exception {
        Restoring restoring = new Restoring("local disk", "`dd` of the same files, none of them cached");
        try (Checkpoints store = CheckpointBench.open(rig.options)) {
            Saved saved = store.save(rig.trainer.state(), Map.of());
            String hash = StateHash.of(rig.trainer.state());
            Rig.flush();
            List<Path> files;
            try (Stream<Path> all = Files.walk(rig.options.folder())) {
                files = all.filter(file -> file.toString().endsWith(".safetensors")).toList();
            }
            for (int n = 0; n <= rig.options.repeats(); n++) {
                forget(files);
                long begin = System.nanoTime();
                for (Path file : files) {
                    dd("if=" + file, "of=/dev/null", "bs=4M");
                }
                double allowed = saved.bytes() / Rig.seconds(begin);
                TrainerState state = emptied(rig);
                forget(files);
                begin = System.nanoTime();
                store.load(saved, state.spans());
                double took = Rig.seconds(begin);
                rig.trainer.restored(saved.step(), saved.history());
                restoring.add(n, took, allowed, StateHash.of(rig.trainer.state()).equals(hash));
            }
            restoring.print(rig, saved.bytes());
        }
    }

    private static TrainerState emptied(Rig rig) {
        TrainerState state = rig.trainer.state();
        state.spans().forEach(span -> span.data().fill((byte) 0));
        return state;
    }

    /// What the kernel keeps of the files in memory is let go.
    private static void forget(List<Path> files) throws IOException, InterruptedException {
        for (Path file : files) {
            dd("if=" + file, "iflag=nocache", "count=0");
        }
    }

    private static void dd(String... arguments) throws IOException, InterruptedException {
        ProcessBuilder dd =
                new ProcessBuilder(Stream.concat(Stream.of("dd", "status=none"), Stream.of(arguments)).toList());
        if (dd.inheritIO().start().waitFor() != 0) {
            throw new IOException("dd failed");
        }
    }

    static void fromServer(Rig rig) throws Exception {
        Process process = Child.start(Server.class, rig.options);
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            URI endpoint = URI.create("http://127.0.0.1:" + said.readLine());
            System.setProperty("aws.accessKeyId", Server.KEY);
            System.setProperty("aws.secretAccessKey", Server.SECRET);
            S3Location place =
                    new S3Location(
                            "bench", "run", Optional.of(endpoint), Optional.of("us-east-1"), Duration.ofMinutes(3));
            try (S3Client client = client(endpoint);
                    Checkpoints store = Checkpoints.in(place, "bench", CheckpointSettings.DEFAULT.withKeep(1))) {
                client.createBucket(request -> request.bucket("bench"));
                long begin = System.nanoTime();
                Saved saved = store.save(rig.trainer.state(), Map.of());
                double saving = Rig.seconds(begin);
                String hash = StateHash.of(rig.trainer.state());
                Restoring restoring = new Restoring("S3 server", "a plain client, the objects one after the other");
                for (int n = 0; n <= rig.options.repeats(); n++) {
                    double allowed = downloading(client, saved);
                    TrainerState state = emptied(rig);
                    begin = System.nanoTime();
                    store.load(saved, state.spans());
                    double took = Rig.seconds(begin);
                    rig.trainer.restored(saved.step(), saved.history());
                    restoring.add(n, took, allowed, StateHash.of(rig.trainer.state()).equals(hash));
                }
                restoring.print(rig, saved.bytes());
                Lines.of("save", "S3 server", rig.options)
                        .with("durable_s", saving)
                        .with("mb_s", saved.bytes() / 1e6 / saving)
                        .print();
            }
        } finally {
            process.destroy();
        }
    }

    private static S3Client client(URI endpoint) {
        return S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .endpointOverride(endpoint)
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(Server.KEY, Server.SECRET)))
                .build();
    }

    private static double downloading(S3Client client, Saved saved) throws IOException {
        List<String> keys =
                client.listObjectsV2(request -> request.bucket("bench")).contents().stream()
                        .map(S3Object::key)
                        .toList();
        byte[] window = new byte[1 << 20];
        long begin = System.nanoTime();
        for (String key : keys) {
            try (InputStream body = client.getObject(request -> request.bucket("bench").key(key))) {
                while (body.read(window) >= 0) {
                    // it is not wanted
                }
            }
        }
        return saved.bytes() / Rig.seconds(begin);
    }
}
