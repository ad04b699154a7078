package dev.pando.data.code;

import dev.pando.data.document.JsonLines;
import dev.pando.data.document.Packed;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.data.read.Encodings;
import dev.pando.training.data.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Enumeration;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/// The text files of one repository, by path: from a work tree, a zip or jar, or a tar packed in any way.
///
/// Binary and large files, and more than a repository may hold, are counted and left out; links are not followed.
public final class RepositoryFiles {
    private static final int LARGEST = 4 << 20;
    private static final long LARGEST_REPOSITORY = 256L << 20;
    private static final int MOST_FILES = 1_000_000;
    private static final Set<String> SKIPPED = Set.of(".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv");

    private final Path path;
    private final Troubles troubles;
    private final SortedMap<String, String> texts = new TreeMap<>();
    private long bytes;
    private int files;

    private RepositoryFiles(Path path, Troubles troubles) {
        this.path = path;
        this.troubles = troubles;
    }

    /// @param path folder or archive
    /// @return texts by path from the root, with slashes; line breaks are `\n`
    public static SortedMap<String, String> read(Path path, Troubles troubles) {
        RepositoryFiles files = new RepositoryFiles(path, troubles);
        try {
            if (Files.isDirectory(path)) {
                files.walk();
            } else if (isZip(path)) {
                files.unzip();
            } else {
                files.untar();
            }
        } catch (ZipException e) {
            troubles.add("damaged archive", path + " (" + e.getMessage() + ")");
        } catch (IOException e) {
            if (!Files.exists(path)) {
                throw new PipelineException(path + " does not exist: name a folder or an archive of sources", e);
            }
            troubles.add("damaged archive", path + " (" + JsonLines.reason(e) + ")");
        }
        return files.texts;
    }

    /// Digest of all files and their paths.
    public static String digest(SortedMap<String, String> texts) {
        Digest digest = new Digest("repository");
        texts.forEach((path, text) -> digest.add(path).add(text));
        return digest.hex();
    }

    /// License of a repository, if one of those that are known.
    public static Optional<String> license(SortedMap<String, String> texts) {
        return License.of(texts);
    }

    private static boolean isZip(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] head = in.readNBytes(4);
            return head.length == 4 && head[0] == 'P' && head[1] == 'K';
        }
    }

    private void walk() throws IOException {
        Files.walkFileTree(
                path,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                        boolean skipped = !folder.equals(path) && SKIPPED.contains(folder.getFileName().toString());
                        return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        if (attributes.isRegularFile()) {
                            String name =
                                    path.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
                            try (InputStream in = Files.newInputStream(file)) {
                                take(name, in);
                            } catch (IOException e) {
                                troubles.add("file that cannot be read", file + " (" + JsonLines.reason(e) + ")");
                            }
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        troubles.add("file that cannot be read", file + " (" + JsonLines.reason(e) + ")");
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private void unzip() throws IOException {
        try (ZipFile zip = new ZipFile(path.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                if (!entry.isDirectory() && !isSkipped(entry.getName())) {
                    try (InputStream in = zip.getInputStream(entry)) {
                        take(entry.getName(), in);
                    } catch (IOException e) {
                        troubles.add(
                                "damaged archive entry", path + "!" + entry.getName() + " (" + e.getMessage() + ")");
                    }
                }
            }
        }
    }

    private void untar() throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(Packed.open(path))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isFile() && !entry.isLink() && !entry.isSymbolicLink() && !isSkipped(entry.getName())) {
                    take(entry.getName(), tar);
                }
            }
        } catch (IllegalArgumentException odd) { // what the library throws on headers that cannot be
            throw new IOException(odd.getMessage(), odd);
        }
    }

    private static boolean isSkipped(String name) {
        for (String part : name.split("/", -1)) {
            if (SKIPPED.contains(part)) {
                return true;
            }
        }
        return false;
    }

    private void take(String name, InputStream in) throws IOException {
        String where = path + "!" + name;
        Optional<String> clean = Source.within("", name);
        if (clean.isEmpty() || name.startsWith("/")) {
            troubles.add("archive entry that leads out of the archive", where);
            return;
        }
        if (++files > MOST_FILES || bytes > LARGEST_REPOSITORY) {
            troubles.add("file beyond what one repository may hold", where);
            return;
        }
        byte[] content = in.readNBytes(LARGEST + 1);
        if (content.length > LARGEST) {
            troubles.add("file over " + (LARGEST >> 20) + " MiB", where);
            return;
        }
        bytes += content.length;
        String text = Encodings.decode(content, "", false).text();
        if (text.indexOf('\0') >= 0) {
            troubles.add("binary file", where);
            return;
        }
        texts.put(clean.get(), JsonLines.sound(text.replace("\r\n", "\n")));
    }
}
