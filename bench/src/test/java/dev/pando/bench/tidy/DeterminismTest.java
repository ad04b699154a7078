package dev.pando.bench.tidy;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.core.domain.properties.HasParameterTypes.Predicates.rawParameterTypes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static dev.pando.bench.tidy.House.CLASSES;
import static dev.pando.bench.tidy.House.SHIPPED;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// Keeps out what would make a run depend on when, where or how fast it ran.
final class DeterminismTest {
    @Test
    void shouldAskNobodyForTheTimeOfDay() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethodWhere(
                        calls("java.time..", "now").and(target(rawParameterTypes(new Class<?>[0]))).as("now()"))
                .because("a java.time.Clock comes through the constructor, so that tests own it")
                .check(CLASSES);
    }

    @Test
    void shouldTakeTheSystemsClockOnlyWhereThingsAreWired() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .and()
                .resideOutsideOfPackage("dev.pando.runtime..")
                .should()
                .callMethodWhere(
                        target(nameMatching("system.*"))
                                .and(target(owner(name("java.time.Clock"))))
                                .as("Clock.system…"))
                .check(CLASSES);
    }

    @Test
    void shouldMeasureTimeOnlyInSeamsThatSayTheyDo() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .and()
                .haveNameNotMatching(".*(Clock|Patience|Stopwatch)")
                .should()
                .callMethod(System.class, "nanoTime")
                .because("whoever waits or measures does it through a class that a test can replace or see by its name")
                .check(CLASSES);
    }

    @Test
    void shouldNeverSleep() {
        noClasses()
                .should()
                .callMethodWhere(calls("java.lang..", "sleep").as("Thread.sleep"))
                .because("whoever waits, waits for something, with a deadline and a name")
                .check(CLASSES);
    }

    @Test
    void shouldAddressRandomnessAndNotDrawIt() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .and()
                .doNotHaveFullyQualifiedName("dev.pando.collectives.Transport") // gives its stream a number
                .should()
                .dependOnClassesThat()
                .areAssignableTo(RandomGenerator.class)
                .orShould()
                .callMethod(Math.class, "random")
                .because("random numbers are a function of seed, step, microbatch and site")
                .check(CLASSES);
    }

    @Test
    void shouldLeaveNoChoiceOfBitsToTheCompiler() {
        noClasses()
                .that(resideInAPackage("dev.pando.training.."))
                .should()
                .callMethodWhere(
                        target(owner(name("java.lang.Math")))
                                .and(
                                        target(
                                                nameMatching(
                                                        "a?(sin|cos|tan)h?|atan2|exp|expm1|log|log10|log1p|pow|cbrt|hypot")))
                                .as("Math.exp and its like"))
                .because("they may round differently once compiled; StrictMath never does")
                .check(CLASSES);
    }

    @Test
    void shouldNotSpreadWorkOverThreadsThatNobodyBounds() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .should()
                .callMethodWhere(calls("java.util..", "parallel|parallelStream").as("parallel streams"))
                .orShould()
                .callMethodWhere(
                        calls("java.util.concurrent..", "(supply|run)Async")
                                .and(target(owner(name(CompletableFuture.class.getName()))))
                                .and(asksTheCommonPool())
                                .as("the common pool"))
                .orShould()
                .callMethodWhere(
                        target(owner(name(Executors.class.getName())))
                                .and(DescribedPredicate.not(takesAThreadFactory()))
                                .as("executors whose threads have no names"))
                .check(CLASSES);
    }

    @Test
    void shouldEndTheProcessOnlyFromTheMain() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .and()
                .doNotHaveFullyQualifiedName("dev.pando.runtime.Main")
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .orShould()
                .callMethod(Runtime.class, "exit", int.class)
                .check(CLASSES);
    }

    private static DescribedPredicate<JavaCall<?>> calls(String ownersPackage, String methodPattern) {
        return target(owner(resideInAPackage(ownersPackage))).and(target(nameMatching(methodPattern)));
    }

    private static DescribedPredicate<JavaCall<?>> asksTheCommonPool() {
        return DescribedPredicate.describe(
                "without an executor", call -> call.getTarget().getRawParameterTypes().size() == 1);
    }

    private static DescribedPredicate<JavaCall<?>> takesAThreadFactory() {
        return DescribedPredicate.describe(
                "with a thread factory",
                call ->
                        call.getTarget().getRawParameterTypes().stream()
                                .anyMatch(type -> type.getSimpleName().equals("ThreadFactory")));
    }
}
