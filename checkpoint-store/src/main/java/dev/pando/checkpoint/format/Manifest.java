package dev.pando.checkpoint.format;

import dev.pando.training.step.LossHistory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Everything about a checkpoint but its numbers: which tensors, where each byte of them lies, and what it must hash
/// to.
///
/// @param job whose state it is
/// @param step number of committed steps
/// @param history digest of the losses so far
/// @param parent name of the checkpoint that the place held before it; empty where it is unknown or was the first
/// @param attributes what the job says of itself
/// @param chunkBytes how much of a piece each checksum covers; the last one of a piece covers the rest
/// @param files in the checkpoint's folder
/// @param tensors in the order of the state's spans
public record Manifest(
        String job,
        long step,
        LossHistory history,
        String parent,
        SortedMap<String, String> attributes,
        int chunkBytes,
        List<ShardFile> files,
        List<Tensor> tensors) {
    /// The file that makes a checkpoint of a group of files.
    public static final String FILE = "manifest.json";

    public Manifest {
        attributes = new TreeMap<>(attributes);
        files = List.copyOf(files);
        tensors = List.copyOf(tensors);
        check(chunkBytes > 0, "chunk size " + chunkBytes);
        Map<String, ShardFile> byName = new HashMap<>();
        for (ShardFile file : files) {
            check(byName.put(file.name, file) == null, "file " + file.name + " is there twice");
        }
        Map<String, Tensor> seen = new HashMap<>();
        for (Tensor tensor : tensors) {
            check(seen.put(tensor.name, tensor) == null, "tensor " + tensor.name + " is there twice");
            for (Piece piece : tensor.pieces) {
                ShardFile file = byName.get(piece.file);
                check(file != null, "tensor " + tensor.name + " lies in an unknown file " + piece.file);
                long bytes = piece.bytes(tensor.dtype);
                check(
                        piece.offset >= 0 && bytes > 0 && bytes <= file.bytes - piece.offset,
                        "tensor " + tensor.name + " lies beyond the end of " + piece.file);
                check(
                        piece.chunks.size() == Math.ceilDiv(bytes, chunkBytes),
                        "tensor " + tensor.name + " lacks checksums");
            }
        }
    }

    /// Bytes of all tensors.
    public long bytes() {
        return tensors.stream().mapToLong(Tensor::bytes).sum();
    }

    private static void check(boolean holds, String fault) {
        if (!holds) {
            throw new IllegalArgumentException(fault);
        }
    }

    /// A safetensors file.
    ///
    /// @param bytes its size
    /// @param headerBytes what precedes the tensors in it
    /// @param headerSha256 of those
    /// @param fillers ranges that belong to no tensor and hold zeros
    public record ShardFile(String name, long bytes, long headerBytes, String headerSha256, List<Filler> fillers) {
        public ShardFile {
            fillers = List.copyOf(fillers);
            for (Filler filler : fillers) {
                check(
                        filler.offset >= headerBytes
                                && filler.bytes > 0
                                && filler.bytes < Safetensors.ALIGNMENT
                                && filler.bytes <= bytes - filler.offset,
                        "filler of " + name);
            }
            check(name.matches("[A-Za-z0-9_][A-Za-z0-9._-]*") && !name.equals(FILE), "file name " + name);
            check(
                    headerBytes >= 8 && headerBytes <= bytes && headerBytes <= Safetensors.MAX_HEADER,
                    "header of " + name);
        }

        /// What belongs to tensors in it.
        public long tensorBytes() {
            return bytes - headerBytes - fillers.stream().mapToLong(Filler::bytes).sum();
        }
    }

    /// Zeros in a file, so that the next tensor begins at a multiple of 64 bytes.
    public record Filler(long offset, int bytes) {}

    /// One tensor, whole.
    ///
    /// @param pieces without gap or overlap
    public record Tensor(String name, Dtype dtype, List<Long> shape, List<Piece> pieces) {
        public Tensor {
            shape = List.copyOf(shape);
            pieces = List.copyOf(pieces);
            String fault = Coverage.fault(Shapes.elements(shape), pieces.stream().map(Piece::slice).toList());
            check(fault == null, "tensor " + name + " " + fault);
        }

        public long bytes() {
            return Shapes.elements(shape) * dtype.bytes();
        }
    }

    /// A slice of a tensor, packed, in one file.
    ///
    /// @param offset of its first byte in the file
    /// @param chunks SHA-256 of each chunk, hexadecimal
    public record Piece(String file, long offset, Slice slice, List<String> chunks) {
        public Piece {
            chunks = List.copyOf(chunks);
        }

        public long bytes(Dtype dtype) {
            return slice.elements() * dtype.bytes();
        }
    }
}
