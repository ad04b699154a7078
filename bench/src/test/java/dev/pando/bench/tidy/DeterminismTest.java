package dev.pando.bench.tidy;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static dev.pando.bench.tidy.House.CLASSES;
import static dev.pando.bench.tidy.House.SHIPPED;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// Keeps out what would make a run depend on when, where or how fast it ran. Looks at calls and method references
/// alike.
final class DeterminismTest {
    @Test
    void shouldAskNobodyForTheTimeOfDay() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .should()
                .accessTargetWhere(uses("java.lang.System", "currentTimeMillis"))
                .orShould()
                .accessTargetWhere(uses("java.time..*", "now", parameters -> parameters.isEmpty()))
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
                .accessTargetWhere(uses("java.time.Clock", "system.*"))
                .check(CLASSES);
    }

    @Test
    void shouldMeasureTimeOnlyInSeamsThatSayTheyDo() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .and()
                .haveNameNotMatching(".*(Clock|Patience|WaitStrategy|Stopwatch)")
                .should()
                .accessTargetWhere(uses("java.lang.System", "nanoTime"))
                .because(
                        "code that waits or measures does it through a class that a test replaces, or that its name"
                                + " gives away")
                .check(CLASSES);
    }

    @Test
    void shouldNeverSleep() {
        noClasses()
                .should()
                .accessTargetWhere(uses("java.lang.Thread", "sleep"))
                .because("every wait has a deadline and a name")
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
                .accessTargetWhere(uses("java.lang.Math", "random"))
                .because("random numbers are a function of seed, step, microbatch and site")
                .check(CLASSES);
    }

    @Test
    void shouldLeaveNoChoiceOfBitsToTheCompiler() {
        noClasses()
                .that(resideInAnyPackage("dev.pando.training.."))
                .should()
                .accessTargetWhere(
                        uses("java.lang.Math", "a?(sin|cos|tan)h?|atan2|exp|expm1|log|log10|log1p|pow|cbrt|hypot"))
                .orShould()
                .accessTargetWhere(
                        uses(
                                "jdk.incubator.vector.VectorOperators",
                                "A?(SIN|COS|TAN)H?|ATAN2|EXP|EXPM1|LOG.*|POW|CBRT|HYPOT"))
                .because("they may round differently once compiled; StrictMath never does")
                .check(CLASSES);
    }

    @Test
    void shouldNotSpreadWorkOverThreadsThatNobodyBoundsOrNames() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .should()
                .accessTargetWhere(uses("java.util..*", "parallel|parallelStream"))
                .orShould()
                .accessTargetWhere(
                        uses("java.util.concurrent.CompletableFuture", "(supply|run)Async", types -> types.size() == 1))
                .orShould()
                .accessTargetWhere(
                        uses(
                                "java.util.concurrent.Executors",
                                "new.*",
                                types ->
                                        types.stream().noneMatch(type -> type.getSimpleName().equals("ThreadFactory"))))
                .check(CLASSES);
    }

    @Test
    void shouldEndTheProcessOnlyFromTheMain() {
        noClasses()
                .that(resideInAnyPackage(SHIPPED))
                .and()
                .doNotHaveFullyQualifiedName("dev.pando.runtime.cli.Main")
                .and() // a process of its evaluation, which ends with it, also within a trial
                .doNotHaveFullyQualifiedName("dev.pando.runtime.cli.EvaluationWorkerCommand")
                .should()
                .accessTargetWhere(uses("java.lang.(System|Runtime)", "exit|halt"))
                .check(CLASSES);
    }

    private static DescribedPredicate<JavaAccess<?>> uses(String owner, String member) {
        return DescribedPredicate.describe(
                owner + "." + member,
                access ->
                        access.getTargetOwner().getFullName().matches(owner)
                                && access.getTarget().getName().matches(member));
    }

    private static DescribedPredicate<JavaAccess<?>> uses(
            String owner, String method, Predicate<List<JavaClass>> parameterTypes) {
        return uses(owner, method)
                .and(
                        DescribedPredicate.describe(
                                "of these parameters",
                                access ->
                                        access.getTarget() instanceof CodeUnitAccessTarget target
                                                && parameterTypes.test(target.getRawParameterTypes())));
    }
}
