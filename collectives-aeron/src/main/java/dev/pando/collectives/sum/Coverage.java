package dev.pando.collectives.sum;

import dev.pando.collectives.wire.Epoch;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.util.Locale;

/// Checks that the members together hold every batch shard exactly once.
final class Coverage {
    private final ShardTree tree;
    private final String operation;
    private final Epoch epoch;
    private int next;
    private int before = -1;

    Coverage(ShardTree tree, String operation, Epoch epoch) {
        this.tree = tree;
        this.operation = operation;
        this.epoch = epoch;
    }

    /// Adds what one member holds; nodes come in ascending order.
    void add(Node node, int owner) {
        if (node.first() > next) {
            throw missing();
        }
        if (node.first() < next) {
            throw new IllegalStateException(
                    String.format(
                            Locale.ROOT,
                            "%s of epoch %d: %s and %s both hold batch shard %d",
                            operation,
                            epoch.number(),
                            epoch.name(before),
                            epoch.name(owner),
                            node.first()));
        }
        next = node.end();
        before = owner;
    }

    /// Call after the last.
    void check() {
        if (next != tree.shards()) {
            throw missing();
        }
    }

    private IllegalStateException missing() {
        return new IllegalStateException(
                String.format(
                        Locale.ROOT,
                        "%s of epoch %d: no member holds batch shard %d",
                        operation,
                        epoch.number(),
                        next));
    }
}
