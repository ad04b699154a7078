package dev.pando.training.ops;

/// The oracle of the operators: the formulas of [Ops] as straight loops over float64 arrays.
final class ReferenceOps {
    private ReferenceOps() {}

    static double[] norm(double[] x, double[] weight, int n, int c, double epsilon) {
        double[] y = new double[n * c];
        for (int row = 0; row < n; row++) {
            double s = normScale(x, row, c, epsilon);
            for (int i = 0; i < c; i++) {
                y[row * c + i] = x[row * c + i] * s * weight[i];
            }
        }
        return y;
    }

    static double normScale(double[] x, int row, int c, double epsilon) {
        double squares = 0;
        for (int i = 0; i < c; i++) {
            squares += x[row * c + i] * x[row * c + i];
        }
        return 1 / Math.sqrt(squares / c + epsilon);
    }

    /// @return dx and dweight
    static double[][] normBackward(double[] dy, double[] x, double[] weight, int n, int c, double epsilon) {
        double[] dx = new double[n * c];
        double[] dweight = new double[c];
        for (int row = 0; row < n; row++) {
            double s = normScale(x, row, c, epsilon);
            double dot = 0;
            for (int i = 0; i < c; i++) {
                dot += dy[row * c + i] * weight[i] * x[row * c + i];
            }
            for (int i = 0; i < c; i++) {
                int at = row * c + i;
                dx[at] = s * weight[i] * dy[at] - x[at] * s * s * s * dot / c;
                dweight[i] += dy[at] * x[at] * s;
            }
        }
        return new double[][] {dx, dweight};
    }

    /// Turns in place; `direction` -1 turns back.
    static void rotate(double[] qkv, int[] documents, double theta, double direction, AttentionShape s) {
        int d = s.headSize();
        for (int row = 0; row < s.n(); row++) {
            int position = row % s.t() - documents[row];
            for (int group = 0; group < s.kvHeads(); group++) {
                for (int slot = 0; slot <= s.queries(); slot++) {
                    int at = row * s.qkvWidth() + group * s.groupWidth() + slot * d;
                    for (int i = 0; i < d / 2; i++) {
                        double angle = direction * position * Math.pow(theta, -2.0 * i / d);
                        double a = qkv[at + i];
                        double b = qkv[at + i + d / 2];
                        qkv[at + i] = a * Math.cos(angle) - b * Math.sin(angle);
                        qkv[at + i + d / 2] = b * Math.cos(angle) + a * Math.sin(angle);
                    }
                }
            }
        }
    }

    /// @return out and logSumExp
    static double[][] attend(double[] qkv, int[] documents, AttentionShape s) {
        double[] out = new double[s.n() * s.width()];
        double[] logSumExp = new double[s.n() * s.heads()];
        int d = s.headSize();
        for (int row = 0; row < s.n(); row++) {
            for (int head = 0; head < s.heads(); head++) {
                double[] p = probabilities(qkv, documents, row, head, s, logSumExp);
                for (int key = documents[row]; key <= row % s.t(); key++) {
                    for (int i = 0; i < d; i++) {
                        out[row * s.width() + head * d + i] += p[key] * qkv[value(row, key, head, s) + i];
                    }
                }
            }
        }
        return new double[][] {out, logSumExp};
    }

    static double[] attendBackward(double[] dout, double[] qkv, int[] documents, AttentionShape s) {
        double[] dqkv = new double[qkv.length];
        int d = s.headSize();
        double scale = 1 / Math.sqrt(d);
        for (int row = 0; row < s.n(); row++) {
            for (int head = 0; head < s.heads(); head++) {
                double[] p = probabilities(qkv, documents, row, head, s, new double[s.n() * s.heads()]);
                double[] dp = new double[s.t()];
                double mean = 0;
                int o = row * s.width() + head * d;
                for (int key = documents[row]; key <= row % s.t(); key++) {
                    for (int i = 0; i < d; i++) {
                        dp[key] += dout[o + i] * qkv[value(row, key, head, s) + i];
                        dqkv[value(row, key, head, s) + i] += p[key] * dout[o + i];
                    }
                    mean += p[key] * dp[key];
                }
                int q = query(row, head, s);
                for (int key = documents[row]; key <= row % s.t(); key++) {
                    double ds = p[key] * (dp[key] - mean) * scale;
                    int k = value(row, key, head, s) - d;
                    for (int i = 0; i < d; i++) {
                        dqkv[q + i] += ds * qkv[k + i];
                        dqkv[k + i] += ds * qkv[q + i];
                    }
                }
            }
        }
        return dqkv;
    }

    private static double[] probabilities(
            double[] qkv, int[] documents, int row, int head, AttentionShape s, double[] logSumExp) {
        double[] p = new double[s.t()];
        double top = Double.NEGATIVE_INFINITY;
        for (int key = documents[row]; key <= row % s.t(); key++) {
            for (int i = 0; i < s.headSize(); i++) {
                p[key] += qkv[query(row, head, s) + i] * qkv[value(row, key, head, s) - s.headSize() + i];
            }
            p[key] /= Math.sqrt(s.headSize());
            top = Math.max(top, p[key]);
        }
        double sum = 0;
        for (int key = documents[row]; key <= row % s.t(); key++) {
            p[key] = Math.exp(p[key] - top);
            sum += p[key];
        }
        for (int key = documents[row]; key <= row % s.t(); key++) {
            p[key] /= sum;
        }
        logSumExp[row * s.heads() + head] = top + Math.log(sum);
        return p;
    }

    private static int query(int row, int head, AttentionShape s) {
        return row * s.qkvWidth() + head / s.queries() * s.groupWidth() + head % s.queries() * s.headSize();
    }

    private static int value(int row, int key, int head, AttentionShape s) {
        int keyRow = row - row % s.t() + key;
        return keyRow * s.qkvWidth() + head / s.queries() * s.groupWidth() + (s.queries() + 1) * s.headSize();
    }

    static double sigmoid(double g) {
        return 1 / (1 + Math.exp(-g));
    }

    /// `c[m, n] = sum over k of a(m, k) b(k, n)`, each operand with its strides.
    static double[] product(double[] a, int aRow, int aColumn, double[] b, int bRow, int bColumn, int m, int n, int k) {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                for (int l = 0; l < k; l++) {
                    c[i * n + j] += a[i * aRow + l * aColumn] * b[l * bRow + j * bColumn];
                }
            }
        }
        return c;
    }
}
