package dev.pando.training.ops;

import static dev.pando.training.tensor.Numbers.assertNear;
import static dev.pando.training.tensor.Numbers.ints;
import static dev.pando.training.tensor.Numbers.read;
import static dev.pando.training.tensor.Numbers.span;

import dev.pando.training.model.RopeScaling;
import dev.pando.training.tensor.Golden;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The operators against golden numbers that independent float64 code gave; the tolerance is theirs, 4e-5.
class GoldenOpsTest {
    private static final double TENSOR = 4e-5;

    private final Arena arena = Arena.ofShared();
    private final CpuOps ops = new CpuOps("test", 2);

    @AfterEach
    void close() {
        ops.close();
        arena.close();
    }

    @Test
    void shouldNormaliseRowsOfVeryDifferentScale() {
        Golden golden = Golden.open("ops");
        int n = (int) golden.shape("rms_norm/x")[0];
        int c = (int) golden.shape("rms_norm/x")[1];
        double epsilon = golden.facts().get("rms_norm").get("eps").asDouble();
        MemorySegment x = span(arena, golden.read("rms_norm/x"));
        MemorySegment weight = span(arena, golden.read("rms_norm/weight"));
        MemorySegment y = span(arena, n * c);
        MemorySegment scale = span(arena, n);
        MemorySegment dx = span(arena, n * c);
        MemorySegment dweight = span(arena, c);

        ops.norm(x, weight, y, scale, n, c, epsilon);
        ops.normBackward(span(arena, golden.read("rms_norm/dy")), x, weight, scale, dx, dweight, y, n, c);

        assertNear("y", read(y, n * c), golden.read("rms_norm/y"), TENSOR);
        assertNear("dweight", read(dweight, c), golden.read("rms_norm/dweight"), TENSOR);
        for (int row = 0; row < n; row++) {
            assertNear(
                    "dx of row " + row, row(read(dx, n * c), row, c), row(golden.read("rms_norm/dx"), row, c), TENSOR);
        }
    }

    @Test
    void shouldTurnAtFarPositions() {
        Golden golden = Golden.open("ops");
        int d = golden.facts().get("rope").get("head_dim").asInt();
        double[] positions = golden.read("rope/positions");
        int last = (int) Arrays.stream(positions).max().orElseThrow();
        RotaryTable table =
                RotaryTable.of(
                        last + 1,
                        RopeScaling.none().frequencies(d, golden.facts().get("rope").get("theta").asDouble(), last + 1),
                        Memory.of(arena));
        double[] x = golden.read("rope/x");
        double[] y = new double[x.length];
        double[] cos = new double[positions.length * d / 2];

        for (int row = 0; row < positions.length; row++) {
            double[] qkv = Arrays.copyOf(row(x, row, d), 3 * d);
            MemorySegment turned = span(arena, qkv);
            ops.rotateCached(turned, (int) positions[row], table, new AttentionShape(1, 1, 1, 1, d));
            System.arraycopy(read(turned, d), 0, y, row * d, d);
            for (int i = 0; i < d / 2; i++) {
                cos[row * d / 2 + i] =
                        table.cos().getAtIndex(ValueLayout.JAVA_FLOAT, (((long) positions[row]) * d) / 2 + i);
            }
        }

        assertNear("cos", cos, golden.read("rope/cos"), TENSOR);
        assertNear("y", y, golden.read("rope/y"), TENSOR);
    }

    @Test
    void shouldGate() {
        Golden golden = Golden.open("ops");
        double[] gate = golden.read("swiglu/gate");
        MemorySegment g = span(arena, gate);
        MemorySegment u = span(arena, golden.read("swiglu/up"));
        MemorySegment d = span(arena, golden.read("swiglu/dy"));

        ops.swigluBackward(g, u, d, gate.length);

        assertNear("y", read(d, gate.length), golden.read("swiglu/y"), TENSOR);
        assertNear("dgate", read(g, gate.length), golden.read("swiglu/dgate"), TENSOR);
        assertNear("dup", read(u, gate.length), golden.read("swiglu/dup"), TENSOR);
    }

    @Test
    void shouldAttendWhereScoresAreLarge() {
        Golden golden = Golden.open("ops");
        long[] q = golden.shape("attention/q");
        long[] k = golden.shape("attention/k");
        int first = q.length - 3; // heads, positions, head size; a batch of 1 may stand before them
        AttentionShape shape =
                new AttentionShape(1, (int) q[first + 1], (int) q[first], (int) k[first], (int) q[first + 2]);
        double[] fused = new double[shape.n() * shape.qkvWidth()];
        for (String part : new String[] {"q", "k", "v"}) {
            fuse(golden, part, shape, fused);
        }
        MemorySegment qkv = span(arena, fused);
        MemorySegment documents = ints(arena, new int[shape.n()]);
        MemorySegment out = span(arena, shape.n() * shape.width());
        MemorySegment logSumExp = span(arena, shape.n() * shape.heads());
        MemorySegment dqkv = span(arena, fused.length);
        double[] dy = byPosition(golden.read("attention/dy"), shape.heads(), shape);

        ops.attend(qkv, documents, out, logSumExp, shape);
        ops.attendBackward(span(arena, dy), qkv, documents, out, logSumExp, dqkv, shape);

        assertNear("y", read(out, dy.length), byPosition(golden.read("attention/y"), shape.heads(), shape), TENSOR);
        double[] sums = new double[shape.n() * shape.heads()];
        double[] goldenSums = golden.read("attention/logsumexp");
        for (int i = 0; i < sums.length; i++) {
            sums[i] = goldenSums[i % shape.heads() * shape.t() + i / shape.heads()];
        }
        assertNear("logsumexp", read(logSumExp, sums.length), sums, TENSOR);
        double[] actual = read(dqkv, fused.length);
        for (String part : new String[] {"q", "k", "v"}) {
            double[] wanted = new double[fused.length];
            fuse(golden, "d" + part, shape, wanted);
            double[] only = actual.clone();
            for (int i = 0; i < only.length; i++) {
                int slot = i % shape.qkvWidth() % shape.groupWidth() / shape.headSize();
                String partHere = slot < shape.queries() ? "q" : slot == shape.queries() ? "k" : "v";
                only[i] = partHere.equals(part) ? only[i] : 0;
            }
            assertNear("d" + part, only, wanted, TENSOR);
        }
    }

    @Test
    void shouldSumCrossEntropy() {
        Golden golden = Golden.open("ops");
        double[] labels = golden.read("cross_entropy/labels");
        int n = labels.length;
        int v = golden.read("cross_entropy/logits").length / n;
        MemorySegment logits = span(arena, golden.read("cross_entropy/logits"));
        MemorySegment total = arena.allocate(16, 8);

        ops.crossEntropy(logits, ints(arena, Arrays.stream(labels).mapToInt(l -> (int) l).toArray()), total, n, v);

        double count = total.get(ValueLayout.JAVA_LONG, 8);
        double mean = total.get(ValueLayout.JAVA_DOUBLE, 0) / count;
        double[] dlogits = Arrays.stream(read(logits, n * v)).map(g -> g / count).toArray();
        assertNear("loss", new double[] {mean}, golden.read("cross_entropy/loss"), TENSOR);
        assertNear("dlogits", dlogits, golden.read("cross_entropy/dlogits"), TENSOR);
    }

    @Test
    void shouldUpdateLikeAdamW() {
        Golden golden = Golden.open("ops");
        var facts = golden.facts().get("adamw");
        for (String name : new String[] {"matrix", "vector"}) {
            int elements = golden.read("adamw/init/" + name).length;
            MemorySegment weights = span(arena, golden.read("adamw/init/" + name));
            MemorySegment first = span(arena, elements);
            MemorySegment second = span(arena, elements);
            double decay = name.equals("matrix") ? facts.get("weight_decay").asDouble() : 0;

            for (int step = 0; step < facts.get("lrs").size(); step++) {
                double norm = facts.get("grad_norms").get(step).asDouble();
                double clip = Math.min(1, facts.get("max_grad_norm").asDouble() / (norm + 1e-6));
                MemorySegment gradient = span(arena, golden.read("adamw/step" + step + "/grad/" + name));
                ops.adamw(
                        weights,
                        gradient,
                        first,
                        second,
                        elements,
                        new AdamStep(
                                facts.get("lrs").get(step).asDouble(),
                                facts.get("beta1").asDouble(),
                                facts.get("beta2").asDouble(),
                                facts.get("eps").asDouble(),
                                decay,
                                clip,
                                step + 1));
                assertNear(
                        "weights of step " + step,
                        read(weights, elements),
                        golden.read("adamw/step" + step + "/weight/" + name),
                        TENSOR);
            }

            assertNear("exp_avg", read(first, elements), golden.read("adamw/after4/exp_avg/" + name), TENSOR);
            assertNear("exp_avg_sq", read(second, elements), golden.read("adamw/after4/exp_avg_sq/" + name), TENSOR);
        }
    }

    /// Puts heads x positions x head size into rows of fused groups.
    private static void fuse(Golden golden, String name, AttentionShape shape, double[] fused) {
        double[] part = golden.read("attention/" + name);
        int d = shape.headSize();
        int heads = part.length / shape.t() / d;
        for (int head = 0; head < heads; head++) {
            int group = heads == shape.heads() ? head / shape.queries() : head;
            int slot = heads == shape.heads() ? head % shape.queries() : shape.queries() + (name.endsWith("v") ? 1 : 0);
            for (int t = 0; t < shape.t(); t++) {
                System.arraycopy(
                        part,
                        (head * shape.t() + t) * d,
                        fused,
                        t * shape.qkvWidth() + group * shape.groupWidth() + slot * d,
                        d);
            }
        }
    }

    private static double[] byPosition(double[] byHead, int heads, AttentionShape shape) {
        double[] rows = new double[byHead.length];
        int d = shape.headSize();
        for (int head = 0; head < heads; head++) {
            for (int t = 0; t < shape.t(); t++) {
                System.arraycopy(byHead, (head * shape.t() + t) * d, rows, (t * heads + head) * d, d);
            }
        }
        return rows;
    }

    private static double[] row(double[] values, int row, int width) {
        return Arrays.copyOfRange(values, row * width, (row + 1) * width);
    }
}
