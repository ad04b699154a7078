package dev.pando.training.step;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/// The whole loss curve in 32 bytes: a SHA-256 chain over every committed step's number, loss and gradient norm. And
/// the end of it in full, from which [SkipRule] decides what is too much.
///
/// Two runs with the same digest had the same curve to the bit. Of a step that was skipped both numbers are NaN.
///
/// @param sha256 64 hexadecimal digits
/// @param gradientNorms of the last steps, at most [#REMEMBERED], the newest last
public record LossHistory(String sha256, List<Double> gradientNorms) {
    /// Steps of which the gradient norm is remembered.
    public static final int REMEMBERED = 32;

    /// Before the first step.
    public static final LossHistory EMPTY = new LossHistory("0".repeat(64), List.of());

    private static final String SKIPPED = "skipped";

    public LossHistory {
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("not a SHA-256 in hexadecimal: " + sha256);
        }
        if (gradientNorms.size() > REMEMBERED) {
            throw new IllegalArgumentException(gradientNorms.size() + " gradient norms, of the last " + REMEMBERED);
        }
        gradientNorms = List.copyOf(gradientNorms);
    }

    /// The step is committed.
    public LossHistory then(long step, double loss, double gradientNorm) {
        ByteBuffer link = ByteBuffer.allocate(32 + 3 * Long.BYTES);
        link.put(HexFormat.of().parseHex(sha256)).putLong(step).putDouble(loss).putDouble(gradientNorm);
        int kept = Math.min(gradientNorms.size(), REMEMBERED - 1);
        List<Double> norms = new ArrayList<>(gradientNorms.subList(gradientNorms.size() - kept, gradientNorms.size()));
        norms.add(gradientNorm);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(link.array());
            return new LossHistory(HexFormat.of().formatHex(digest), norms);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java runtime has SHA-256", impossible);
        }
    }

    /// The step is committed without its data: the same link, whatever made the data unusable.
    public LossHistory skipping(long step) {
        return then(step, Double.NaN, Double.NaN);
    }

    /// Number of skipped steps in a row among the last committed steps.
    public int skippedInARow() {
        int skipped = 0;
        for (Double norm : gradientNorms.reversed()) {
            if (!norm.isNaN()) {
                break;
            }
            skipped++;
        }
        return skipped;
    }

    /// The middle one of the gradient norms that are remembered; of an even number of them the smaller of the two.
    ///
    /// @param atLeast steps that were not skipped; empty where there are fewer
    public OptionalDouble medianGradientNorm(int atLeast) {
        double[] norms =
                gradientNorms.stream().mapToDouble(norm -> norm).filter(norm -> !Double.isNaN(norm)).sorted().toArray();
        return norms.length < atLeast || norms.length == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(norms[(norms.length - 1) / 2]);
    }

    /// As it is kept beside a state; [#parse] reads it.
    public String text() {
        return gradientNorms.stream()
                .map(norm -> norm.isNaN() ? SKIPPED : Double.toString(norm))
                .collect(Collectors.joining(" ", sha256 + " ", ""))
                .strip();
    }

    /// @throws IllegalArgumentException if that is no loss history
    public static LossHistory parse(String text) {
        String[] words = text.split(" ");
        List<Double> norms =
                Arrays.stream(words)
                        .skip(1)
                        .map(word -> word.equals(SKIPPED) ? Double.valueOf(Double.NaN) : Double.valueOf(word))
                        .toList();
        return new LossHistory(words[0], norms);
    }
}
