package dev.pando.evaluation.run;

import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.LanguageModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/// Asks a model all questions, on several threads: each takes the next few questions, so that those with the same
/// worked examples stay together. No number depends on how many threads there are, or on how many they take at a time.
public final class Evaluation {
    private final LanguageModel model;
    private final Journal journal;
    private final int workers;
    private final int batch;

    /// Is told of each answer, on the thread that it came from, one at a time.
    @FunctionalInterface
    public interface Listener {
        /// @param asked whether the model was asked, or the answer was in the journal already
        void answered(Item item, ItemResult result, boolean asked);
    }

    /// @param workers threads
    /// @param batch questions that a thread takes at a time
    public Evaluation(LanguageModel model, Journal journal, int workers, int batch) {
        this.model = model;
        this.journal = journal;
        this.workers = workers;
        this.batch = batch;
    }

    /// @return the results, in the order of the items
    /// @throws EvaluationException naming the first item that could not be asked
    public List<ItemResult> run(List<Item> items, Listener listener) {
        ItemResult[] results = new ItemResult[items.size()];
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            results[i] = journal.result(model, items.get(i)).orElse(null);
            if (results[i] == null) {
                open.add(i);
            } else {
                listener.answered(items.get(i), results[i], false);
            }
        }
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Runnable work =
                () -> {
                    try (Asking asking = new Asking(model)) {
                        for (int from = next.getAndAdd(batch); from < open.size(); from = next.getAndAdd(batch)) {
                            for (int place : open.subList(from, Math.min(open.size(), from + batch))) {
                                if (failure.get() != null) {
                                    return;
                                }
                                ItemResult result = asking.ask(items.get(place));
                                journal.append(result);
                                results[place] = result;
                                synchronized (results) {
                                    listener.answered(items.get(place), result, true);
                                }
                            }
                        }
                    } catch (Throwable failed) { // an Error of one thread must end the others too
                        failure.compareAndSet(null, failed);
                    }
                };
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < Math.min(workers, Math.max(1, open.size())); i++) {
            others.add(Thread.ofPlatform().name("evaluation-" + i).start(work));
        }
        work.run();
        others.forEach(Evaluation::await);
        switch (failure.get()) {
            case null -> {}
            case RuntimeException failed -> throw failed;
            case Error failed -> throw failed;
            case Throwable failed -> throw new EvaluationException("the evaluation failed: " + failed, failed);
        }
        return List.of(results);
    }

    private static void await(Thread thread) {
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException later) {
                LockSupport.parkNanos(1); // the threads end by themselves; the interrupt is for the process
            }
        }
    }
}
