package dev.pando.cuda;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/// Runs the operators' contract and the small training runs on a machine that has no Maven: a part of `bench/gpu/run`.
final class ContractRun {
    private ContractRun() {}

    public static void main(String[] arguments) {
        LauncherDiscoveryRequest tests =
                LauncherDiscoveryRequestBuilder.request()
                        .selectors(
                                selectClass(CudaOpsTest.class),
                                selectClass(CublasLtTest.class),
                                selectClass(CudaContextsTest.class),
                                selectClass(CudaTrainingTest.class))
                        .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(tests, listener);
        TestExecutionSummary summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8), 5);
        System.out.printf(
                "operators against float64 and the CPU, on %s GPU: %d passed, %d failed, %d skipped%n",
                TestedGpu.kind() == TestedGpu.Kind.REAL ? "the" : "an emulated",
                summary.getTestsSucceededCount(),
                summary.getTestsFailedCount(),
                summary.getTestsAbortedCount() + summary.getTestsSkippedCount());
        System.exit(summary.getTestsFailedCount() == 0 && summary.getTestsSucceededCount() > 0 ? 0 : 1);
    }
}
