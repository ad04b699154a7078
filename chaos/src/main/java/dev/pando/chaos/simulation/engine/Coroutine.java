package dev.pando.chaos.simulation.engine;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/// A task that may stop in the middle and go on later, on the one thread that runs a whole simulation: blocking code
/// runs as it is, and nothing ever runs beside it.
///
/// It is what virtual threads are made of; their own scheduler would run them on threads of its choice. The JVM must be
/// started with `--add-exports java.base/jdk.internal.vm=ALL-UNNAMED`, as `./pando` does.
final class Coroutine {
    private static final MethodHandle CREATE;
    private static final MethodHandle RUN;
    private static final MethodHandle YIELD;
    private static final MethodHandle IS_DONE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Class<?> scope = Class.forName("jdk.internal.vm.ContinuationScope");
            Class<?> continuation = Class.forName("jdk.internal.vm.Continuation");
            Object ours =
                    lookup.findConstructor(scope, MethodType.methodType(void.class, String.class)).invoke("simulation");
            CREATE =
                    lookup.findConstructor(continuation, MethodType.methodType(void.class, scope, Runnable.class))
                            .bindTo(ours)
                            .asType(MethodType.methodType(Object.class, Runnable.class));
            RUN =
                    lookup.findVirtual(continuation, "run", MethodType.methodType(void.class))
                            .asType(MethodType.methodType(void.class, Object.class));
            YIELD = lookup.findStatic(continuation, "yield", MethodType.methodType(boolean.class, scope)).bindTo(ours);
            IS_DONE =
                    lookup.findVirtual(continuation, "isDone", MethodType.methodType(boolean.class))
                            .asType(MethodType.methodType(boolean.class, Object.class));
        } catch (Throwable missing) {
            throw new IllegalStateException(
                    "the simulation needs a JVM that was started with"
                            + " --add-exports java.base/jdk.internal.vm=ALL-UNNAMED",
                    missing);
        }
    }

    private final Object continuation;

    Coroutine(Runnable body) {
        try {
            continuation = (Object) CREATE.invokeExact(body);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /// Runs until the body pauses or ends.
    void run() {
        try {
            RUN.invokeExact(continuation);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    boolean isDone() {
        try {
            return (boolean) IS_DONE.invokeExact(continuation);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /// Called by the body: hands the thread back to the caller of [#run].
    static void pause() {
        try {
            boolean paused = (boolean) YIELD.invokeExact();
            if (!paused) {
                throw new IllegalStateException(
                        "a simulated task cannot pause here: it holds a lock or a native frame");
            }
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }
}
