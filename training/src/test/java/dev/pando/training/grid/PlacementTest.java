package dev.pando.training.grid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.model.Initialization;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.step.RandomTokens;
import dev.pando.training.step.Sampler;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.Part;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// One batch shard of two microbatches, its cells computed in other orders and on other devices: a device is a model
/// with memory of its own, and edges are copied between them. The oracle is one device that walks the grid in order.
class PlacementTest {
    private static final ModelConfig MODEL = new ModelConfig(211, 96, 3, 8, 4, 84, 1e4, 1e-5);
    private static final int ROWS = 25; // more rows of a chunk than go through the head at a time
    private static final int LENGTH = 88;
    private static final int MICROBATCHES = 2;
    private static final Sampler TOKENS = new RandomTokens(3, MODEL.vocabulary(), 60);
    private static final Grid GRID = new Grid(2, 4);
    private static final TensorTable TABLE = ModelTensors.table(MODEL);
    private static final List<Float> ALONE = run(GRID, 1, _ -> 0, 0);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldGiveTheSameBitsInAnyOrderOfCells(long seed) {
        assertThat(run(GRID, 1, _ -> 0, seed)).isEqualTo(ALONE);
    }

    /// Two pipeline stages.
    @Test
    void shouldGiveTheSameBitsWhereLayersLieOnTwoDevices() {
        assertThat(run(GRID, 2, cell -> cell.part().block() <= 1 ? 0 : 1, 1)).isEqualTo(ALONE);
    }

    /// Tensor parallelism.
    @Test
    void shouldGiveTheSameBitsWhereTensorShardsLieOnTwoDevices() {
        assertThat(run(GRID, 2, cell -> cell.part().tensorShard(), 2)).isEqualTo(ALONE);
    }

    /// A ring; and the same with the causal work balanced (zigzag).
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldGiveTheSameBitsWhereSequenceChunksLieOnTwoDevices(int zigzag) {
        int last = GRID.sequenceChunks() - 1;
        ToIntFunction<Cell> ring = cell -> cell.leaf() * 2 / GRID.sequenceChunks();
        ToIntFunction<Cell> balanced = cell -> Math.min(cell.leaf(), last - cell.leaf());

        assertThat(run(GRID, 2, zigzag == 1 ? balanced : ring, 3)).isEqualTo(ALONE);
    }

    /// No layout that makes sense: every cell lies on a device that is drawn.
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void shouldGiveTheSameBitsWhereEveryCellLiesAnywhere(long seed) {
        Map<Cell, Integer> drawn = new HashMap<>();
        SplittableRandom random = new SplittableRandom(seed);

        assertThat(run(GRID, 3, cell -> drawn.computeIfAbsent(cell, _ -> random.nextInt(3)), seed)).isEqualTo(ALONE);
    }

    /// Another grid is another sum.
    @ParameterizedTest
    @CsvSource({"1, 4", "2, 2", "4, 4"})
    void shouldGiveOtherBitsForAnotherGrid(int tensorShards, int sequenceChunks) {
        assertThat(run(new Grid(tensorShards, sequenceChunks), 1, _ -> 0, 0)).isNotEqualTo(ALONE);
    }

    /// A device of the test: all memory of its own, and the gradient of the cells that it computes.
    private record Device(GridModel model, List<MemorySegment> leaves, List<MemorySegment> totals) {
        static Device of(Grid grid, CpuOps ops, MemorySegment weights, Memory memory) {
            GridModel model = new GridModel(MODEL, grid, ROWS, LENGTH, ops, memory);
            List<MemorySegment> leaves = spans(grid, TABLE.bytes(), memory);
            List<MemorySegment> totals = spans(grid, Memory.ALIGNMENT, memory);
            model.bind(
                    ModelTensors.of(TABLE, MODEL, weights),
                    leaves.stream().map(leaf -> ModelTensors.of(TABLE, MODEL, leaf)).toList(),
                    totals);
            return new Device(model, leaves, totals);
        }

        private static List<MemorySegment> spans(Grid grid, long bytes, Memory memory) {
            return IntStream.range(0, grid.sequenceChunks()).mapToObj(_ -> memory.allocate("span", bytes)).toList();
        }

        void begin(int microbatch) {
            var input = model.tokens();
            TOKENS.fetch(
                    0,
                    microbatch,
                    new Sampler.Microbatch(ROWS, LENGTH, input.ids(), input.labels(), input.documents()));
            model.begin();
        }
    }

    /// Loss and gradient of every leaf. A device adds to its own gradient; tensors that cells of several devices add to
    /// disjoint elements of are put together by adding zeros.
    ///
    /// @param seed of the order; 0: as one device does it
    private static List<Float> run(Grid grid, int count, ToIntFunction<Cell> deviceOf, long seed) {
        try (Arena arena = Arena.ofShared();
                CpuOps ops = new CpuOps("placement", 1)) {
            MemorySegment weights = Memory.of(arena).allocate("weights", TABLE.bytes());
            Initialization.fill(TABLE, 5, weights);
            List<Device> devices =
                    IntStream.range(0, count).mapToObj(_ -> Device.of(grid, ops, weights, Memory.of(arena))).toList();
            Exchange exchange = new Exchange();
            for (int m = 0; m < MICROBATCHES; m++) {
                int microbatch = m;
                devices.forEach(device -> device.begin(microbatch));
                List<Action> actions = devices.getFirst().model.actions();
                for (int i : order(actions, seed)) {
                    Action action = actions.get(i);
                    exchange.act(action, deviceOf.applyAsInt(action.cell()), devices, grid, microbatch);
                }
            }
            return results(grid, devices);
        }
    }

    /// Edges by name: whoever writes one offers a copy, and whoever reads one that it did not write takes the copy.
    private static final class Exchange {
        private final Map<Edge, float[]> offered = new HashMap<>();
        private final Map<Edge, Integer> writers = new HashMap<>();

        void act(Action action, int device, List<Device> devices, Grid grid, int microbatch) {
            GridModel model = devices.get(device).model;
            for (Edge edge : action.reads()) {
                Edge name = edge.in(grid, 0, 0, microbatch);
                if (writers.get(name) != device) {
                    MemorySegment into = model.at(edge);
                    MemorySegment.copy(offered.get(name), 0, into, ValueLayout.JAVA_FLOAT, 0, offered.get(name).length);
                }
            }
            model.run(action);
            for (Edge edge : action.writes()) {
                Edge name = edge.in(grid, 0, 0, microbatch);
                writers.put(name, device);
                if (devices.size() > 1) {
                    offered.put(name, model.at(edge).toArray(ValueLayout.JAVA_FLOAT));
                }
            }
        }
    }

    private static List<Float> results(Grid grid, List<Device> devices) {
        List<Float> results = new ArrayList<>();
        for (int leaf = 0; leaf < grid.sequenceChunks(); leaf++) {
            double loss = 0;
            float[] gradient = new float[(int) TABLE.length()];
            for (Device device : devices) {
                loss += device.totals.get(leaf).get(ValueLayout.JAVA_DOUBLE, 0);
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] += device.leaves.get(leaf).getAtIndex(ValueLayout.JAVA_FLOAT, i);
                }
            }
            results.add((float) loss);
            for (float one : gradient) {
                results.add(one);
            }
        }
        return results;
    }

    /// An order that respects the dependencies, drawn.
    private static List<Integer> order(List<Action> actions, long seed) {
        if (seed == 0) {
            return IntStream.range(0, actions.size()).boxed().toList();
        }
        SplittableRandom random = new SplittableRandom(seed);
        List<SortedSet<Integer>> dependencies = Walk.dependencies(actions);
        int[] missing = dependencies.stream().mapToInt(SortedSet::size).toArray();
        List<Integer> ready = new ArrayList<>();
        List<Integer> order = new ArrayList<>();
        IntStream.range(0, missing.length).filter(i -> missing[i] == 0).forEach(ready::add);
        while (!ready.isEmpty()) {
            int next = ready.set(random.nextInt(ready.size()), ready.getLast());
            ready.removeLast();
            order.add(next);
            for (int i = next + 1; i < missing.length; i++) {
                if (dependencies.get(i).contains(next) && --missing[i] == 0) {
                    ready.add(i);
                }
            }
        }
        assertThat(order).as("seed " + seed).hasSize(actions.size());
        return order;
    }

    /// The parts that a device computes are those of its cells.
    @Test
    void shouldWriteIntoTheGradientOfItsOwnPartsAlone() {
        try (Arena arena = Arena.ofShared();
                CpuOps ops = new CpuOps("placement", 1)) {
            MemorySegment weights = Memory.of(arena).allocate("weights", TABLE.bytes());
            Initialization.fill(TABLE, 5, weights);
            List<Device> devices =
                    IntStream.range(0, 2).mapToObj(_ -> Device.of(GRID, ops, weights, Memory.of(arena))).toList();
            devices.forEach(device -> device.begin(0));
            Exchange exchange = new Exchange();
            for (Action action : devices.getFirst().model.actions()) {
                exchange.act(action, action.block() <= 1 ? 0 : 1, devices, GRID, 0);
            }

            for (TensorTable.Range part : TABLE.parts()) {
                int holder = part.part().block() <= 1 ? 0 : 1;
                assertThat(isZero(devices.get(holder), part)).as(part.part().toString()).isFalse();
                assertThat(isZero(devices.get(1 - holder), part)).as(part.part().toString()).isTrue();
            }
            assertThat(TABLE.parts().getFirst().part()).isEqualTo(new Part(0, 0));
        }
    }

    private static boolean isZero(Device device, TensorTable.Range part) {
        return device.leaves.stream()
                .map(leaf -> leaf.asSlice(part.offset() * Float.BYTES, part.length() * Float.BYTES))
                .allMatch(span -> span.mismatch(MemorySegment.ofArray(new float[(int) part.length()])) == -1);
    }
}
