package dev.pando.chaos.injection;

import java.nio.file.Path;

/// Ruins published checkpoints, wherever a store keeps them.
public interface Ruin {
    /// Leaves of a checkpoint what reached the disk before the power went.
    void tear(String checkpoint, long dice);

    void flipBit(String checkpoint, long dice);

    /// @param folder where the store keeps its checkpoints, each in a folder of its id
    static Ruin ofFiles(Path folder) {
        return new Ruin() {
            @Override
            public void tear(String checkpoint, long dice) {
                Damage.tear(folder.resolve(checkpoint), dice);
            }

            @Override
            public void flipBit(String checkpoint, long dice) {
                Damage.flipBit(folder.resolve(checkpoint), dice);
            }
        };
    }
}
