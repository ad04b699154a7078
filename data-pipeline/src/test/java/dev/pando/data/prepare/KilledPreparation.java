package dev.pando.data.prepare;

import dev.pando.data.recipe.Recipe;
import java.nio.file.Path;

/// A preparation in a process that a test may kill: prints a line a task.
public final class KilledPreparation {
    private KilledPreparation() {}

    public static void main(String[] arguments) {
        Recipe recipe = Recipe.load(Path.of(arguments[0]));
        Prepared corpus =
                new Preparation(
                                recipe,
                                Integer.parseInt(arguments[1]),
                                (step, done, tasks, _) -> System.out.println(step + " " + done + "/" + tasks))
                        .run();
        System.out.println(corpus.hash());
    }
}
