package dev.pando.collectives.example;

import dev.pando.collectives.Transport;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ShardTree;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Adds a million floats of this process to those of another. Arguments: `left` or `right`, and a value.
final class Sum {
    public static void main(String[] args) throws IOException {
        try (Transport transport = Transport.start(TransportSettings.defaults());
                Collective collective = transport.join(args[0])) {
            System.out.println(collective.address()); // to be told to both, by whatever means
            var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            var left = new Collective.Member("left", input.readLine());
            var right = new Collective.Member("right", input.readLine());
            collective.enter(new Collective.Membership("example", 1, List.of(left, right)));

            ShardTree tree = new ShardTree(2);
            MemorySegment mine = collective.memory().allocate("mine", 4_000_000);
            MemorySegment sum = collective.memory().allocate("sum", 4_000_000);
            for (int at = 0; at < 1_000_000; at++) {
                mine.setAtIndex(ValueLayout.JAVA_FLOAT, at, Float.parseFloat(args[1]));
            }
            Collective.Outcome outcome =
                    collective.allReduce(
                            new Collective.Deadline("the example", 10_000_000_000L),
                            new Collective.Operation(1, 0),
                            tree,
                            List.of(new Collective.Partial(tree.leaf(args[0].equals("left") ? 0 : 1), mine)),
                            sum);
            System.out.println(outcome + " " + sum.getAtIndex(ValueLayout.JAVA_FLOAT, 999_999));
        }
    }
}
