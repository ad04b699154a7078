package dev.pando.training.data;

import dev.pando.training.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Folders of token shards that `data.paths` names instead of text: they are put together as one, and not copied where
/// the disk allows links.
///
/// @param folders each with its manifest, in the order of `data.paths`; a folder of such folders stands for all of them
record TokenFolders(List<Folder> folders) {
    private static final int BUFFER = 1 << 16;

    record Folder(Path path, Manifest manifest) {}

    /// Empty where the paths name text.
    static Optional<TokenFolders> find(DataConfig config) {
        List<Path> found = new ArrayList<>();
        int named = 0;
        for (String name : config.paths()) {
            List<Path> some = at(name);
            found.addAll(some);
            named += some.isEmpty() ? 0 : 1;
        }
        if (found.isEmpty()) {
            return Optional.empty();
        }
        if (named < config.paths().size()) {
            throw new DataException(
                    "data.paths names both token shards (" + found.getFirst() + ") and text: name one or the other");
        }
        List<Folder> folders = new ArrayList<>();
        for (Path path : found) {
            Manifest manifest =
                    Manifest.readValid(path)
                            .orElseThrow(() ->
                                    new DataException(
                                            "the token shards in " + path + " are damaged: prepare them again"));
            folders.add(new Folder(path, manifest));
        }
        return Optional.of(new TokenFolders(folders).checked(config));
    }

    private static List<Path> at(String name) {
        try {
            Path path = Path.of(name);
            if (isOne(path)) {
                return List.of(path);
            }
            if (!Files.isDirectory(path)) {
                return List.of();
            }
            try (var children = Files.list(path)) {
                List<Path> all = children.filter(Files::isDirectory).sorted().toList();
                return all.stream().allMatch(TokenFolders::isOne) ? all : List.of();
            }
        } catch (IOException | InvalidPathException notThere) {
            return List.of();
        }
    }

    private static boolean isOne(Path folder) {
        return Files.isRegularFile(folder.resolve(Manifest.FILE)) && Files.exists(folder.resolve(ShardWriter.INDEX));
    }

    private TokenFolders checked(DataConfig config) {
        Folder first = folders.getFirst();
        for (Folder folder : folders) {
            if (!folder.manifest.tokenizer().equals(first.manifest.tokenizer())) {
                throw new DataException(
                        "the token shards in "
                                + first.path
                                + " and "
                                + folder.path
                                + " are of different tokenizers: prepare them with one");
            }
        }
        config.tokenizerFile()
                .map(Tokenizer::load)
                .filter(tokenizer -> !tokenizer.digest().equals(first.manifest.tokenizer()))
                .ifPresent(_ -> {
                    throw new DataException(
                            "data.tokenizer.file is not the tokenizer of the token shards in "
                                    + first.path
                                    + ": leave the key out, or prepare the shards with it");
                });
        return this;
    }

    String digest() {
        Digest digest = new Digest("token folders 1");
        folders.forEach(folder -> digest.add(folder.manifest.digest()));
        return digest.hex();
    }

    /// Writes one folder of all.
    void write(Path target, Disk disk) throws IOException {
        Folder first = folders.getFirst();
        Tokenizer.load(first.path).save(target);
        List<Manifest.Entry> shards = new ArrayList<>();
        for (Folder folder : folders) {
            for (Manifest.Entry shard : folder.manifest.shards()) {
                String name = ShardWriter.shardName(shards.size());
                link(folder.path.resolve(shard.name()), target.resolve(name));
                shards.add(new Manifest.Entry(name, shard.bytes(), shard.sha256()));
            }
        }
        index(target, disk);
        List<Manifest.Entry> others = new ArrayList<>(List.of(Manifest.Entry.of(target.resolve(ShardWriter.INDEX))));
        for (Path file : Tokenizer.files(target)) {
            others.add(Manifest.Entry.of(file));
        }
        Manifest all =
                new Manifest(
                        digest(),
                        first.manifest.tokenizer(),
                        first.manifest.tokenBytes(),
                        folders.stream().mapToLong(folder -> folder.manifest.documents()).sum(),
                        folders.stream().mapToLong(folder -> folder.manifest.bytes()).sum(),
                        folders.stream().mapToLong(folder -> folder.manifest.tokens()).sum(),
                        shards,
                        others);
        try (Disk.Output out = disk.create(target.resolve(Manifest.FILE))) {
            out.write(ByteBuffer.wrap(all.toJson()));
            out.force();
        }
    }

    private static void link(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from.toRealPath());
        } catch (IOException | UnsupportedOperationException anotherDisk) {
            Files.copy(from, to);
        }
    }

    /// Where each document begins, counted over all folders.
    private void index(Path target, Disk disk) throws IOException {
        long before = 0;
        ByteBuffer out = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
        try (Disk.Output file = disk.create(target.resolve(ShardWriter.INDEX))) {
            for (Folder folder : folders) {
                try (FileChannel in = FileChannel.open(folder.path.resolve(ShardWriter.INDEX))) {
                    ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
                    long left = folder.manifest.documents();
                    while (left > 0 && in.read(buffer) >= 0) {
                        buffer.flip();
                        for (; left > 0 && buffer.remaining() >= Long.BYTES; left--) {
                            if (!out.hasRemaining()) {
                                file.write(out.flip());
                                out.clear();
                            }
                            out.putLong(before + buffer.getLong());
                        }
                        buffer.compact();
                    }
                }
                before += folder.manifest.tokens();
            }
            file.write(out.flip());
            out.clear();
            file.write(out.putLong(before).flip());
            file.force();
        }
    }
}
