package dev.pando.data.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.training.data.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Trains a classifier from labelled texts: logistic regression, the same bits for the same texts and settings.
///
/// A text is held out where the hash of it says so, a tenth of all; so the same text never is on both sides. Texts are
/// visited in the order of another hash, so the order of the file does not count. The rate falls to a tenth over the
/// passes; both kinds weigh the same, however many there are of each.
public final class ClassifierTraining {
    static final int MOST_BUCKETS = 1 << 26;
    private static final int HELD_OUT = 10; // one of
    private static final int BINS = 10;
    private static final double LAST_RATE = 0.1;

    /// How a classifier is trained.
    ///
    /// @param positive the label of the kind that it finds
    /// @param buckets n-grams are hashed into so many, a power of two
    /// @param passes over the texts
    /// @param rate of the first pass
    /// @param decay of weights, a step
    public record Settings(String positive, int buckets, int passes, double rate, double decay) {
        public Settings {
            if (buckets < 1 << 10 || buckets > MOST_BUCKETS || Integer.bitCount(buckets) != 1) {
                throw new PipelineException(
                        "--buckets must be a power of two from 1024 to " + MOST_BUCKETS + ", not " + buckets);
            }
            if (passes < 1 || !(rate > 0)) {
                throw new PipelineException("--passes must be at least 1 and --rate above 0");
            }
        }
    }

    private record Sample(String order, Features.Vector vector, boolean positive, boolean heldOut) {}

    private final Settings settings;
    private final Troubles troubles;

    public ClassifierTraining(Settings settings, Troubles troubles) {
        this.settings = settings;
        this.troubles = troubles;
    }

    /// @param files JSON lines with `text` and `label`: a number, true, false or a word
    public Classifier run(List<Path> files) {
        List<Sample> samples = new ArrayList<>();
        Features features = new Features(settings.buckets);
        for (Path file : files) {
            read(file, features, samples);
        }
        samples.sort(Comparator.comparing(Sample::order));
        List<Sample> learned = samples.stream().filter(sample -> !sample.heldOut).toList();
        List<Sample> heldOut = samples.stream().filter(Sample::heldOut).toList();
        long positive = learned.stream().filter(Sample::positive).count();
        if (positive == 0 || positive == learned.size()) {
            throw new PipelineException(
                    "of "
                            + learned.size()
                            + " texts to train on, "
                            + positive
                            + " have the label "
                            + settings.positive
                            + ": there must be some with and some without; --positive names the label");
        }
        float[] weights = new float[settings.buckets];
        float bias = learn(learned, weights, (double) learned.size() / positive / 2);
        return new Classifier(weights, bias, about(learned, heldOut, weights, bias, positive));
    }

    private void read(Path file, Features features, List<Sample> samples) {
        try (JsonLines.Reader reader = new JsonLines.Reader(file, troubles)) {
            for (var next = reader.next(); next.isPresent(); next = reader.next()) {
                JsonNode text = next.get().path("text");
                JsonNode label = next.get().path("label");
                if (!text.isTextual() || !label.isValueNode()) {
                    troubles.add("object without text or label", file + ":" + reader.line());
                    continue;
                }
                String order = new Digest("labelled").add(text.textValue()).hex();
                boolean heldOut = Integer.parseInt(order.substring(0, 6), 16) % HELD_OUT == 0;
                samples.add(
                        new Sample(
                                order.substring(6) + label.asText(),
                                features.of(text.textValue()),
                                label.asText().equals(settings.positive),
                                heldOut));
            }
        } catch (IOException e) {
            throw new PipelineException("cannot read " + file + ": " + JsonLines.reason(e), e);
        }
    }

    private float learn(List<Sample> samples, float[] weights, double positiveWeight) {
        double bias = 0;
        double negativeWeight = positiveWeight / Math.max(1e-9, 2 * positiveWeight - 1);
        for (int pass = 0; pass < settings.passes; pass++) {
            double done = settings.passes == 1 ? 0 : (double) pass / (settings.passes - 1);
            double rate = settings.rate * (1 - (1 - LAST_RATE) * done);
            for (Sample sample : samples) {
                double error = (sample.positive ? 1 : 0) - Classifier.sigmoid(sample.vector.dot(weights) + bias);
                double step = rate * error * (sample.positive ? positiveWeight : negativeWeight);
                for (int i = 0; i < sample.vector.buckets().length; i++) {
                    int bucket = sample.vector.buckets()[i];
                    weights[bucket] +=
                            (float) (step * sample.vector.weights()[i] - rate * settings.decay * weights[bucket]);
                }
                bias += step;
            }
        }
        return (float) bias;
    }

    private ObjectNode about(List<Sample> learned, List<Sample> heldOut, float[] weights, float bias, long positive) {
        double[] scores = heldOut.stream().mapToDouble(s -> Classifier.sigmoid(s.vector.dot(weights) + bias)).toArray();
        boolean[] labels = new boolean[scores.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = heldOut.get(i).positive;
        }
        ObjectNode about = JsonLines.object();
        about.put("positive", settings.positive).put("trained_on", learned.size()).put("positives", positive);
        about.put("held_out", heldOut.size());
        double auc = auc(scores, labels);
        if (Double.isNaN(auc)) {
            about.putNull("auc");
        } else {
            about.put("auc", auc);
        }
        about.put("passes", settings.passes).put("rate", settings.rate).put("decay", settings.decay);
        ArrayNode calibration = about.putArray("calibration");
        for (int bin = 0; bin < BINS; bin++) {
            double from = (double) bin / BINS;
            double to = (double) (bin + 1) / BINS;
            long in = 0;
            long hits = 0;
            for (int i = 0; i < scores.length; i++) {
                if (scores[i] >= from && (scores[i] < to || bin == BINS - 1)) {
                    in++;
                    hits += labels[i] ? 1 : 0;
                }
            }
            calibration.addObject().put("from", from).put("texts", in).put("positive", hits);
        }
        thresholds(about.putArray("thresholds"), scores, labels);
        return about;
    }

    /// What a threshold would remove: a person chooses by this table.
    private static void thresholds(ArrayNode table, double[] scores, boolean[] labels) {
        long positives = 0;
        for (boolean label : labels) {
            positives += label ? 1 : 0;
        }
        for (int tenth = 1; tenth < BINS; tenth++) {
            double threshold = (double) tenth / BINS;
            long right = 0;
            long above = 0;
            for (int i = 0; i < scores.length; i++) {
                above += scores[i] > threshold ? 1 : 0;
                right += scores[i] > threshold && labels[i] ? 1 : 0;
            }
            table.addObject()
                    .put("threshold", threshold)
                    .put("precision", above == 0 ? 1 : (double) right / above)
                    .put("recall", positives == 0 ? 0 : (double) right / positives);
        }
    }

    /// Probability that a positive text scores above a negative one, ties counted half; NaN where one kind is missing.
    static double auc(double[] scores, boolean[] labels) {
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
        double ranks = 0;
        long positives = 0;
        for (int i = 0; i < order.length; ) {
            int j = i;
            while (j < order.length && scores[order[j]] == scores[order[i]]) {
                j++;
            }
            for (int k = i; k < j; k++) {
                if (labels[order[k]]) {
                    ranks += (i + 1 + j) / 2.0;
                    positives++;
                }
            }
            i = j;
        }
        long negatives = scores.length - positives;
        return (ranks - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
    }
}
