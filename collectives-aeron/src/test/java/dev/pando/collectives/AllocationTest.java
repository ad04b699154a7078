package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Once an arrangement has been seen and the code is compiled, an operation allocates nothing.
class AllocationTest {
    private static final int BATCH = 40;
    private static final int MOST_BATCHES = 2_000;

    /// In a separate process: what a compiler makes of code depends on all that has run before.
    @ParameterizedTest
    @CsvSource({"memory, 100", "memory, 20000", "log buffers, 20000", "udp, 20000"})
    void shouldAllocateNothingInTheSteadyState(String way, int elements) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(Arrays.asList(System.getProperty("pando.jvm.flags").split(" ")));
        command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(AllocationTest.class.getName(), way, Integer.toString(elements)));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();

        String least;
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            least = said.readLine();
        }

        assertThat(least).isEqualTo("[0, 0]");
    }

    public static void main(String[] args) {
        ShardTree tree = new ShardTree(2);
        Arrangement arrangement = new Arrangement(tree, List.of(List.of(tree.leaf(0)), List.of(tree.leaf(1))));
        TransportSettings settings = TransportSettings.defaults().withSharing(args[0].equals("memory"));
        List<Transport> transports =
                Stream.of("left", "right")
                        .map(host ->
                                args[0].equals("udp")
                                        ? settings.withHost(host).withUdp(TransportSettings.Udp.at("127.0.0.1"))
                                        : settings)
                        .map(Transport::start)
                        .toList();
        try (Group group = Group.of(2, transports)) {
            group.enterAll(2);
            System.out.println(group.onAll(2, at -> leastAllocated(group, at, arrangement, Integer.parseInt(args[1]))));
        }
    }

    /// Of all batches the one with the fewest bytes: how soon code is compiled depends on the machine. All members run
    /// as many, so that none waits for one that has stopped.
    private static long leastAllocated(Group group, int member, Arrangement arrangement, int elements) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Group.Offer offer = group.offer(member, arrangement, elements);
        boolean found = false;
        long least = Long.MAX_VALUE;
        long number = 0;
        for (int batch = 0; batch < MOST_BATCHES && !found; batch++) {
            List<Operation> operations = LongStream.range(number, number + BATCH).mapToObj(group::operation).toList();
            number += BATCH;
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int at = 0; at < BATCH; at++) {
                group.member(member)
                        .allReduce(
                                Group.PATIENT,
                                operations.get(at),
                                arrangement.tree(),
                                offer.partials(),
                                offer.result());
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            found = agree(group, member, number++, least == 0);
        }
        return least;
    }

    /// Whether all members have found what they look for: one number of each, added.
    private static boolean agree(Group group, int member, long number, boolean found) {
        ShardTree tree = new ShardTree(2);
        MemorySegment mine = group.member(member).memory().allocate("flag", Float.BYTES);
        MemorySegment sum = group.member(member).memory().allocate("flags", Float.BYTES);
        mine.set(ValueLayout.JAVA_FLOAT, 0, found ? 1 : 0);
        group.member(member)
                .allReduce(
                        Group.PATIENT,
                        group.operation(number),
                        tree,
                        List.of(new Partial(tree.leaf(member), mine)),
                        sum);
        return sum.get(ValueLayout.JAVA_FLOAT, 0) == 2;
    }
}
