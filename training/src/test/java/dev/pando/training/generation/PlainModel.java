package dev.pando.training.generation;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The model as the report writes it, in float64 and in loops: shares no line with the operators that it checks.
final class PlainModel {
    private final ModelConfig model;
    private final TensorTable table;
    private final MemorySegment weights;

    PlainModel(ModelConfig model, MemorySegment weights) {
        this.model = model;
        this.table = ModelTensors.table(model);
        this.weights = weights;
    }

    /// Log-probabilities of every token after each position, T x V.
    double[][] logProbabilities(int[] tokens) {
        int c = model.hidden();
        double[][] x = new double[tokens.length][];
        for (int t = 0; t < tokens.length; t++) {
            x[t] = row("model.tok_embeddings.weight", tokens[t], c);
        }
        for (int l = 0; l < model.layers(); l++) {
            String layer = "model.layers." + l + ".";
            double[][] attended = attention(norms(x, layer + "attention_norm.weight"), layer);
            for (int t = 0; t < x.length; t++) {
                add(x[t], product(layer + "attention.wo.weight", attended[t], c));
                double[] h = norm(x[t], layer + "ffn_norm.weight");
                double[] gate = product(layer + "feed_forward.w1.weight", h, model.intermediate());
                double[] up = product(layer + "feed_forward.w3.weight", h, model.intermediate());
                for (int i = 0; i < gate.length; i++) {
                    gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
                }
                add(x[t], product(layer + "feed_forward.w2.weight", gate, c));
            }
        }
        double[][] result = new double[tokens.length][];
        for (int t = 0; t < x.length; t++) {
            double[] logits = product("output.weight", norm(x[t], "model.norm.weight"), model.vocabulary());
            double sum = 0;
            for (double logit : logits) {
                sum += Math.exp(logit);
            }
            for (int v = 0; v < logits.length; v++) {
                logits[v] -= Math.log(sum);
            }
            result[t] = logits;
        }
        return result;
    }

    private double[][] attention(double[][] h, String layer) {
        int d = model.headSize();
        int queries = model.heads() / model.kvHeads();
        double[][] qkv = new double[h.length][];
        for (int t = 0; t < h.length; t++) {
            qkv[t] = product(layer + "attention.wqkv.weight", h[t], model.qkvRows());
            for (int head = 0; head < model.kvHeads() * (queries + 2); head++) {
                if (head % (queries + 2) != queries + 1) {
                    rotate(qkv[t], head * d, t);
                }
            }
        }
        double[][] out = new double[h.length][model.hidden()];
        for (int head = 0; head < model.heads(); head++) {
            int group = head / queries;
            int q = (group * (queries + 2) + head % queries) * d;
            int k = (group * (queries + 2) + queries) * d;
            for (int t = 0; t < h.length; t++) {
                double[] weight = new double[t + 1];
                double sum = 0;
                for (int s = 0; s <= t; s++) {
                    double dot = 0;
                    for (int i = 0; i < d; i++) {
                        dot += qkv[t][q + i] * qkv[s][k + i];
                    }
                    weight[s] = Math.exp(dot / Math.sqrt(d));
                    sum += weight[s];
                }
                for (int s = 0; s <= t; s++) {
                    for (int i = 0; i < d; i++) {
                        out[t][head * d + i] += weight[s] / sum * qkv[s][k + d + i];
                    }
                }
            }
        }
        return out;
    }

    private void rotate(double[] row, int at, int position) {
        int half = model.headSize() / 2;
        for (int i = 0; i < half; i++) {
            double angle = position * Math.pow(model.ropeTheta(), -2.0 * i / model.headSize());
            double a = row[at + i];
            double b = row[at + half + i];
            row[at + i] = a * Math.cos(angle) - b * Math.sin(angle);
            row[at + half + i] = b * Math.cos(angle) + a * Math.sin(angle);
        }
    }

    private double[][] norms(double[][] x, String name) {
        double[][] normed = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            normed[t] = norm(x[t], name);
        }
        return normed;
    }

    private double[] norm(double[] x, String name) {
        double squares = 0;
        for (double each : x) {
            squares += each * each;
        }
        double scale = 1 / Math.sqrt(squares / x.length + model.normEpsilon());
        double[] y = row(name, 0, x.length);
        for (int i = 0; i < y.length; i++) {
            y[i] *= x[i] * scale;
        }
        return y;
    }

    private double[] product(String name, double[] x, int rows) {
        double[] y = new double[rows];
        for (int r = 0; r < rows; r++) {
            double[] weight = row(name, r, x.length);
            for (int i = 0; i < x.length; i++) {
                y[r] += weight[i] * x[i];
            }
        }
        return y;
    }

    private double[] row(String name, int row, int width) {
        MemorySegment tensor = table.get(name).in(weights);
        double[] values = new double[width];
        for (int i = 0; i < width; i++) {
            values[i] = tensor.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * width + i);
        }
        return values;
    }

    private static void add(double[] x, double[] delta) {
        for (int i = 0; i < x.length; i++) {
            x[i] += delta[i];
        }
    }
}
