package dev.pando.bench.diagnosis;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/// Writes a training log as long as one likes: steps, lines of four ranks that load data, and one error of a device.
final class TrainingLog {
    private TrainingLog() {}

    /// The number of lines written.
    static long write(Path log, long bytes) throws IOException {
        long lines = 0;
        long written = 0;
        try (BufferedWriter out = Files.newBufferedWriter(log)) {
            for (int step = 1; written < bytes; step++) {
                double loss = 2 + 3 * StrictMath.exp(-step / 5000.0) + 0.01 * (step * 7919L % 11);
                String line =
                        String.format(
                                Locale.ROOT,
                                " iteration %8d/ 900000 | consumed samples: %12d | elapsed time (ms): %.1f | learning"
                                        + " rate: 5.0E-05 | lm loss: %.6E | grad norm: %.3f | skipped iterations: 0 |%n",
                                step,
                                step * 2048L,
                                400 + step % 17 * 0.7,
                                loss,
                                0.2 + step % 5 * 0.01);
                out.write(line);
                written += line.length();
                for (int rank = 0; rank < 4; rank++) {
                    String loaded =
                            String.format(
                                    Locale.ROOT,
                                    "[2024-01-01 %02d:%02d:%02d] [INFO] [rank %d] shard %d of worker-%d read in %d ms"
                                            + " from /data/shard-%d.bin%n",
                                    step / 3600 % 24,
                                    step / 60 % 60,
                                    step % 60,
                                    rank,
                                    step * 4 + rank,
                                    rank,
                                    step % 97,
                                    step);
                    out.write(loaded);
                    written += loaded.length();
                }
                lines += 5;
            }
            out.write("gpu-7:100:200 [3] NCCL WARN Cuda failure 'uncorrectable ECC error encountered'\n");
        }
        return lines + 1;
    }
}
