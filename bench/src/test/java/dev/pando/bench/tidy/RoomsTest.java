package dev.pando.bench.tidy;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static dev.pando.bench.tidy.House.CLASSES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import org.junit.jupiter.api.Test;

/// Keeps the edges between the rooms of the house, and those inside the training room.
final class RoomsTest {
    @Test
    void shouldReadTheClassesOfEveryModule() {
        assertThat(CLASSES)
                .as("classes of this project, as compiled for its Java version")
                .hasSizeGreaterThan(20)
                .allSatisfy(type -> assertThat(type.getSource()).isPresent());
    }

    @Test
    void shouldKnowOnlyTheModulesBelow() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .withOptionalLayers(true)
                .layer("training")
                .definedBy("dev.pando.training..")
                .layer("collectives-aeron")
                .definedBy("dev.pando.collectives..")
                .layer("checkpoint-store")
                .definedBy("dev.pando.checkpoint..")
                .layer("cuda-ops")
                .definedBy("dev.pando.cuda..")
                .layer("evaluation")
                .definedBy("dev.pando.evaluation..")
                .layer("actors")
                .definedBy("dev.pando.actors..")
                .layer("diagnosis")
                .definedBy("dev.pando.diagnosis..")
                .layer("data-pipeline")
                .definedBy("dev.pando.data..")
                .layer("runtime")
                .definedBy("dev.pando.runtime..")
                .layer("chaos")
                .definedBy("dev.pando.chaos..")
                .layer("examples")
                .definedBy("dev.pando.examples..")
                .whereLayer("training")
                .mayNotAccessAnyLayer()
                .whereLayer("collectives-aeron")
                .mayOnlyAccessLayers("training")
                .whereLayer("checkpoint-store")
                .mayOnlyAccessLayers("training")
                .whereLayer("cuda-ops")
                .mayOnlyAccessLayers("training")
                .whereLayer("evaluation")
                .mayOnlyAccessLayers("training")
                .whereLayer("actors")
                .mayOnlyAccessLayers("training")
                .whereLayer("data-pipeline")
                .mayOnlyAccessLayers("training")
                .whereLayer("runtime")
                .mayOnlyAccessLayers(
                        "training",
                        "actors",
                        "collectives-aeron",
                        "checkpoint-store",
                        "cuda-ops",
                        "data-pipeline",
                        "diagnosis",
                        "evaluation")
                .whereLayer("diagnosis")
                .mayNotAccessAnyLayer()
                .whereLayer("chaos")
                .mayOnlyAccessLayers("training", "actors", "runtime", "diagnosis")
                .whereLayer("examples")
                .mayOnlyAccessLayers("runtime")
                .ignoreDependency(
                        resideInAPackage("dev.pando.examples.."), assignableTo(JobEvent.class)) // part of the face
                .check(CLASSES);
    }

    @Test
    void shouldKeepTheOrderOfTheTrainingRoom() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .withOptionalLayers(true)
                .layer("tensor")
                .definedBy("dev.pando.training.tensor..")
                .layer("ops")
                .definedBy("dev.pando.training.ops..")
                .layer("model")
                .definedBy("dev.pando.training.model..")
                .layer("objective")
                .definedBy("dev.pando.training.objective..")
                .layer("optimizer")
                .definedBy("dev.pando.training.optimizer..")
                .layer("step")
                .definedBy("dev.pando.training.step..")
                .layer("tokenizer")
                .definedBy("dev.pando.training.tokenizer..")
                .layer("data")
                .definedBy("dev.pando.training.data..")
                .whereLayer("tensor")
                .mayNotAccessAnyLayer()
                .whereLayer("tokenizer")
                .mayNotAccessAnyLayer()
                .whereLayer("ops")
                .mayOnlyAccessLayers("tensor")
                .whereLayer("optimizer")
                .mayOnlyAccessLayers("tensor", "ops")
                .whereLayer("model")
                .mayOnlyAccessLayers("tensor", "ops")
                .whereLayer("objective")
                .mayOnlyAccessLayers("tensor", "ops", "model")
                .whereLayer("step")
                .mayOnlyAccessLayers("tensor", "ops", "model", "objective", "optimizer")
                .whereLayer("data")
                .mayOnlyAccessLayers("tensor", "tokenizer", "step")
                .check(CLASSES);
    }

    @Test
    void shouldHaveNoCirclesOfPackages() {
        slices().matching("dev.pando.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void shouldTrainWithoutActorsSocketsOrGpus() {
        noClasses()
                .that()
                .resideInAPackage("dev.pando.training..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.pekko..",
                        "io.aeron..",
                        "org.agrona..",
                        "jcuda..",
                        "com.typesafe..",
                        "picocli..",
                        "java.net..")
                .check(CLASSES);
    }

    @Test
    void shouldActWithoutAeronGpusOrFiles() {
        noClasses()
                .that()
                .resideInAPackage("dev.pando.actors..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.aeron..", "org.agrona..", "jcuda..", "org.bytedeco..", "java.nio.file..")
                .check(CLASSES);
    }

    @Test
    void shouldHaveAMainInTheRuntimeAlone() {
        methods()
                .that()
                .haveName("main")
                .should()
                .beDeclaredInClassesThat()
                .resideInAnyPackage("dev.pando.bench..", "dev.pando.examples..")
                .orShould()
                .beDeclaredIn("dev.pando.runtime.cli.Main")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void shouldBeNamedByTheNounThatAColleagueWouldSay() {
        noClasses().should().haveNameMatching(".*(Utils?|Helpers?|Impl|Manager)").check(CLASSES);
    }
}
