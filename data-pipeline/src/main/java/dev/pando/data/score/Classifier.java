package dev.pando.data.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/// Says how likely a text is of one kind, such as toxic: a linear model over hashed n-grams.
///
/// The file is gzip: a line `pando classifier 1`, a line of JSON that says what it is and how good, then the bias and
/// the weights as float32, big-endian. Scores are the same bits on every machine.
public final class Classifier {
    private static final String FORMAT = "pando classifier 1";

    private final float[] weights;
    private final float bias;
    private final ObjectNode about;
    private final ThreadLocal<Features> features;

    Classifier(float[] weights, float bias, ObjectNode about) {
        this.weights = weights;
        this.bias = bias;
        this.about = about;
        features = ThreadLocal.withInitial(() -> new Features(weights.length));
    }

    /// Probability from 0 to 1 that a text is of the kind.
    public double score(String text) {
        return sigmoid(features.get().of(text).dot(weights) + bias);
    }

    static double sigmoid(double x) {
        return 1 / (1 + StrictMath.exp(-x));
    }

    /// What it was trained on and how good it was on held-out texts: `positive`, `auc`, `calibration`, `thresholds`.
    public ObjectNode about() {
        return about.deepCopy();
    }

    public void save(Path file) {
        Path part = file.resolveSibling("." + file.getFileName() + ".part");
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (DataOutputStream out =
                    new DataOutputStream(new GZIPOutputStream(Files.newOutputStream(part), 1 << 16))) {
                out.write((FORMAT + "\n").getBytes(StandardCharsets.UTF_8));
                out.write(JsonLines.line(about.deepCopy().put("buckets", weights.length)));
                out.writeFloat(bias);
                for (float weight : weights) {
                    out.writeFloat(weight);
                }
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new PipelineException("cannot write " + file + ": " + JsonLines.reason(e), e);
        }
    }

    public static Classifier load(Path file) {
        try (DataInputStream in = new DataInputStream(new GZIPInputStream(Files.newInputStream(file), 1 << 16))) {
            if (!line(in).equals(FORMAT)) {
                throw new PipelineException(file + " is no classifier: ./pando data train-classifier makes one");
            }
            JsonNode about = JsonLines.value(line(in));
            int buckets = about.path("buckets").asInt();
            if (buckets < 2 || Integer.bitCount(buckets) != 1 || buckets > ClassifierTraining.MOST_BUCKETS) {
                throw new PipelineException(file + " is damaged: it names " + buckets + " buckets");
            }
            float bias = in.readFloat();
            float[] weights = new float[buckets];
            for (int i = 0; i < buckets; i++) {
                weights[i] = in.readFloat();
            }
            return new Classifier(weights, bias, (ObjectNode) about);
        } catch (IOException | ClassCastException e) {
            String why = e instanceof IOException io ? JsonLines.reason(io) : "it is damaged";
            throw new PipelineException("cannot read the classifier " + file + ": " + why, e);
        }
    }

    private static String line(DataInputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.readUnsignedByte(); b != '\n' && line.length() < 1 << 16; b = in.readUnsignedByte()) {
            line.append((char) b);
        }
        return new String(line.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
