package dev.pando.training.data;

import dev.pando.training.tokenizer.BpeTrainer;
import dev.pando.training.tokenizer.Encoder;
import dev.pando.training.tokenizer.Tokenizer;
import dev.pando.training.tokenizer.TokenizerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// Turns a corpus into token shards on disk, once: found again under the digest of all that decides the tokens.
///
/// Any number of processes may prepare at once, and any of them may die: a folder is published whole or not at all, and
/// the first to publish is the one that all use.
final class Preparation {
    /// Counts up when the same corpus and config would give other tokens, or the files another format.
    private static final String FORMAT = "prepared data 2";

    /// Text that a tokenizer is trained on: more hardly changes it.
    private static final long LEARNING_BYTES = 256L << 20;

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
    private static final String LEFT_OUT = "left-out.txt";
    private static final long SHARD_BYTES = 1L << 30;
    private static final int NAME_DIGITS = 16;
    private static final int ATTEMPTS = 3;

    private final DataConfig config;
    private final Progress progress;
    private final Disk disk;
    private final long shardBytes;

    Preparation(DataConfig config, Progress progress) {
        this(config, progress, Disk.REAL, SHARD_BYTES);
    }

    Preparation(DataConfig config, Progress progress, Disk disk, long shardBytes) {
        this.config = config;
        this.progress = progress;
        this.disk = disk;
        this.shardBytes = shardBytes;
    }

    PreparedData run() {
        Optional<TokenFolders> folders = TokenFolders.find(config);
        return folders.isPresent() ? assembled(folders.get()) : encoded();
    }

    /// What was prepared elsewhere, under a name of its own like all prepared data, so that a job finds it again.
    private PreparedData assembled(TokenFolders folders) {
        String digest = folders.digest();
        Path target = folder(config.prepared(), digest);
        try {
            Optional<Manifest> valid = Manifest.readValid(target, digest);
            if (valid.isPresent()) {
                return open(target, valid.get(), List.of(), true);
            }
            try (Staging staging = Staging.open(config.prepared())) {
                folders.write(staging.folder(), disk);
                if (Files.exists(target)) {
                    staging.discard(target);
                }
                staging.publish(target);
            }
            Manifest written =
                    Manifest.readValid(target, digest)
                            .orElseThrow(() -> new IOException("what is written there does not read back the same"));
            return open(target, written, List.of(), false);
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    private PreparedData encoded() {
        Optional<Tokenizer> given = config.tokenizerFile().map(Tokenizer::load);
        Corpus corpus = Corpus.read(config, progress);
        String digest = digest(corpus, given);
        Path target = folder(config.prepared(), digest);
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Optional<Manifest> valid = Manifest.readValid(target, digest);
                if (valid.isPresent()) {
                    nameLeftOut(target, corpus.skipped());
                    return open(target, valid.get(), corpus.skipped(), attempt == 0);
                }
                prepare(corpus, given, digest, target);
            }
            throw new IOException("what is written there does not read back the same");
        } catch (TokenizerException e) {
            throw e.getCause() instanceof IOException cause ? cannotWrite(cause) : e;
        } catch (UncheckedIOException e) {
            throw cannotWrite(e.getCause());
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    /// Beside the prepared data and no part of it: the same text may lie among other files next time.
    private static void nameLeftOut(Path folder, List<Corpus.Skipped> skipped) {
        StringBuilder lines = new StringBuilder();
        for (Corpus.Skipped file : skipped) {
            String name = file.path().toString().replace("\n", "\\n").replace("\r", "\\r");
            lines.append(name).append('\t').append(file.reason()).append('\n');
        }
        try {
            if (lines.isEmpty()) {
                Files.deleteIfExists(folder.resolve(LEFT_OUT));
            } else {
                Files.writeString(folder.resolve(LEFT_OUT), lines);
            }
        } catch (IOException ignored) {
            // prepared data may be shared and read-only: the list is a convenience, the job goes on
        }
    }

    private String digest(Corpus corpus, Optional<Tokenizer> given) {
        return new Digest(FORMAT)
                .add(corpus.digest())
                .add(given.map(tokenizer -> "given " + tokenizer.digest()).orElse("trained " + config.vocabulary()))
                .hex();
    }

    static PreparedData open(Path prepared, String digest) {
        Path folder = folder(prepared, digest);
        try {
            Manifest manifest =
                    Manifest.readValid(folder, digest)
                            .orElseThrow(() ->
                                    new DataException(
                                            "the prepared data "
                                                    + folder
                                                    + (Files.exists(folder) ? " is damaged" : " is gone")
                                                    + ": prepare it again from the same files and the same config, or"
                                                    + " start a new run"));
            return open(folder, manifest, List.of(), true);
        } catch (IOException e) {
            throw new DataException("cannot read the prepared data " + folder + ": " + Disk.reason(e), e);
        }
    }

    private static Path folder(Path prepared, String digest) {
        return prepared.resolve(digest.substring(0, Math.min(NAME_DIGITS, digest.length())));
    }

    private static PreparedData open(Path folder, Manifest manifest, List<Corpus.Skipped> skipped, boolean reused)
            throws IOException {
        Tokenizer tokenizer = Tokenizer.load(folder);
        var statistics = new Statistics(manifest.documents(), manifest.bytes(), manifest.tokens(), skipped, reused);
        return new PreparedData(folder, tokenizer, TokenShards.open(folder, manifest), manifest.digest(), statistics);
    }

    private void prepare(Corpus corpus, Optional<Tokenizer> given, String digest, Path target) throws IOException {
        try (Staging staging = Staging.open(config.prepared())) {
            Path folder = staging.folder();
            Tokenizer tokenizer = given.orElseGet(() -> learn(corpus));
            tokenizer.save(folder);
            try (ShardWriter writer = new ShardWriter(folder, disk, tokenizer.vocabularySize(), shardBytes)) {
                encode(corpus, tokenizer, writer);
                List<Manifest.Entry> shards = writer.finish();
                List<Manifest.Entry> others = new ArrayList<>(List.of(writer.finishIndex()));
                for (Path file : Tokenizer.files(folder)) {
                    others.add(durable(file));
                }
                Manifest manifest =
                        new Manifest(
                                digest,
                                tokenizer.digest(),
                                writer.tokenBytes(),
                                corpus.documents().size(),
                                corpus.bytes(),
                                writer.tokens(),
                                shards,
                                others);
                try (Disk.Output out = disk.create(folder.resolve(Manifest.FILE))) {
                    out.write(ByteBuffer.wrap(manifest.toJson()));
                    out.force();
                }
            }
            if (Files.exists(target) && Manifest.readValid(target, digest).isEmpty()) {
                staging.discard(target);
            }
            staging.publish(target);
        }
    }

    private static Manifest.Entry durable(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        return Manifest.Entry.of(file);
    }

    private Tokenizer learn(Corpus corpus) {
        BpeTrainer trainer = new BpeTrainer(config.vocabulary());
        List<Corpus.Document> documents = corpus.documents();
        long total = Math.min(corpus.bytes(), LEARNING_BYTES);
        Permutation order = new Permutation(0, 0, 0, documents.size());
        long bytes = 0;
        for (int i = 0; i < documents.size() && bytes < total; i++) {
            byte[] text = text(documents.get((int) order.at(i)));
            trainer.add(text, 0, text.length);
            bytes += text.length;
            progress.advanced(Progress.Phase.LEARNING, i + 1, Math.min(bytes, total), total);
        }
        return trainer.train();
    }

    private void encode(Corpus corpus, Tokenizer tokenizer, ShardWriter writer) throws IOException {
        Encoder encoder = tokenizer.encoder();
        long total = corpus.bytes();
        long documents = 0;
        long bytes = 0;
        for (Corpus.Document document : corpus.documents()) {
            byte[] text = text(document);
            writer.beginDocument();
            writer.add(tokenizer.bos());
            encoder.encode(text, 0, text.length, writer::add);
            writer.add(tokenizer.eos());
            writer.endDocument();
            bytes += text.length;
            progress.advanced(Progress.Phase.ENCODING, ++documents, bytes, total);
        }
    }

    /// A document as it was when it was first read.
    private static byte[] text(Corpus.Document document) {
        byte[] text;
        try {
            text = Files.readAllBytes(document.path());
        } catch (IOException e) {
            throw new DataException("cannot read " + document.path() + ": " + Disk.reason(e), e);
        }
        if (!HexFormat.of().formatHex(Digest.sha256().digest(text)).equals(document.sha256())) {
            throw new DataException(
                    document.path()
                            + " changed while it was being prepared: run again when nothing writes to it,"
                            + " or name it in data.exclude");
        }
        return startsWithMark(text) ? Arrays.copyOfRange(text, BYTE_ORDER_MARK.length, text.length) : text;
    }

    /// Some editors begin a file with a mark that is not part of its text.
    private static boolean startsWithMark(byte[] text) {
        int length = BYTE_ORDER_MARK.length;
        return text.length > length && Arrays.equals(text, 0, length, BYTE_ORDER_MARK, 0, length);
    }

    private DataException cannotWrite(IOException e) {
        return new DataException(
                "cannot keep prepared data in "
                        + config.prepared()
                        + ": "
                        + Disk.reason(e)
                        + "; make room there, or set data.prepared to a folder that can be written to",
                e);
    }
}
