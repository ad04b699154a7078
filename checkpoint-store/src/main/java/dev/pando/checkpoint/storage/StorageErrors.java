package dev.pando.checkpoint.storage;

import dev.pando.checkpoint.io.UnavailableException;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;

/// Turns what the file system says into the one sentence that a person needs.
public final class StorageErrors {
    private StorageErrors() {}

    /// A checkpoint that was not written.
    public static CheckpointException notSaved(long step, String where, long bytes, IOException cause) {
        String remedy =
                isFull(cause) ? " (the checkpoint has " + size(bytes) + "); free some, or set checkpoint.folder" : "";
        return new CheckpointException(
                "the checkpoint of step " + step + " was not saved to " + where + ": " + reason(cause) + remedy, cause);
    }

    public static CheckpointException notRead(String what, IOException cause) {
        return new CheckpointException(what + " cannot be read: " + reason(cause), cause);
    }

    static boolean isFull(IOException cause) {
        String text = String.valueOf(cause.getMessage());
        return text.contains("No space left") || text.contains("quota exceeded") || text.contains("File too large");
    }

    /// Why, in words that end a sentence.
    public static String reason(IOException cause) {
        if (cause instanceof FolderStorage.NoSpaceException full) {
            return "only " + size(full.free) + " are free there";
        }
        if (isFull(cause)) {
            return "no space is left there";
        }
        return switch (cause) {
            case AccessDeniedException denied -> "permission to use " + denied.getFile() + " is denied";
            case NoSuchFileException gone -> gone.getFile() + " is missing";
            case NotDirectoryException file -> file.getFile() + " is no folder";
            case FileAlreadyExistsException there -> there.getFile() + " is in the way";
            case FileSystemException other when text(other).contains("Read-only") -> "it is on a read-only file system";
            case FileSystemException other -> other.getFile() + ": " + text(other);
            case EOFException cut -> cut.getMessage();
            case UnavailableException away -> away.getMessage();
            case ClosedByInterruptException _ -> "the writer was stopped";
            case InterruptedIOException _ -> "the writer was stopped";
            default -> text(cause);
        };
    }

    private static String text(IOException cause) {
        String text = cause instanceof FileSystemException file ? file.getReason() : cause.getMessage();
        return text == null ? cause.getClass().getSimpleName() : text;
    }

    /// A size as people say it.
    public static String size(long bytes) {
        String[] units = {"bytes", "kB", "MB", "GB", "TB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}
