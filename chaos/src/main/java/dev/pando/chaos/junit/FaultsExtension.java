package dev.pando.chaos.junit;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives a test its [Chaos], and asks it at the end of the test whether the run survived.
final class FaultsExtension implements ParameterResolver, AfterTestExecutionCallback {
    private static final Namespace OURS = Namespace.create(FaultsExtension.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == Chaos.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        return chaos(test);
    }

    @Override
    public void afterTestExecution(ExtensionContext test) {
        if (test.getExecutionException().isEmpty()) { // what failed first is the better message
            chaos(test).requireSurvived();
        }
    }

    private static Chaos chaos(ExtensionContext test) {
        Faults faults = test.getRequiredTestMethod().getAnnotation(Faults.class);
        return test.getStore(OURS)
                .computeIfAbsent(test.getUniqueId(), id -> Chaos.of(faults.value(), faults.seed()), Chaos.class);
    }
}
