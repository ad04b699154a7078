package dev.pando.evaluation.run;

import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.LanguageModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// Asks a model all questions, with several workers: each takes the next few questions, so that those with the same
/// worked examples stay together. No number depends on how many workers there are, or on how many questions they take
/// at a time.
///
/// Scores that take long, as where code runs, are formed apart from the workers; these questions come first.
public final class Evaluation {
    private static final Duration A_LOOK = Duration.ofMinutes(1);

    /// Looks without any answer after which an evaluation is given up: six hours, more than the longest prompt takes.
    private static final int MOST_LOOKS = 360;

    private final LanguageModel model;
    private final Journal journal;
    private final Workers workers;
    private final int batch;
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /// Receives each answer, on the thread that it came from, one at a time.
    @FunctionalInterface
    public interface Listener {
        /// @param asked whether the model was asked, or the answer was in the journal already
        void answered(Item item, ItemResult result, boolean asked);
    }

    /// @param batch questions that a worker takes at a time
    public Evaluation(LanguageModel model, Journal journal, Workers workers, int batch) {
        this.model = model;
        this.journal = journal;
        this.workers = workers;
        this.batch = batch;
    }

    /// @return the results, in the order of the items
    /// @throws EvaluationException naming the first item that could not be asked
    public List<ItemResult> run(List<Item> items, Listener listener) {
        Results results = new Results(items, listener);
        try (MetricTasks metrics = new MetricTasks()) {
            List<Integer> open = new ArrayList<>();
            List<Integer> quick = new ArrayList<>();
            for (int place = 0; place < items.size(); place++) {
                Item item = items.get(place);
                Optional<ItemResult> known = journal.result(model, item);
                Optional<Reply> pending = journal.pending(model, item);
                int here = place;
                if (known.isPresent()) {
                    results.put(place, known.get(), false);
                } else if (pending.isPresent()) {
                    metrics.submit(() -> score(results, here, pending.get(), false));
                } else {
                    (Scoring.takesLong(item) ? open : quick).add(place);
                }
            }
            open.addAll(quick);
            ask(results, open, metrics);
            metrics.finish();
        }
        switch (failure.get()) {
            case null -> {}
            case RuntimeException failed -> throw failed;
            case Error failed -> throw failed;
            case Throwable failed -> throw new EvaluationException("the evaluation failed: " + failed, failed);
        }
        return results.all();
    }

    private void ask(Results results, List<Integer> open, MetricTasks metrics) {
        AtomicInteger next = new AtomicInteger();
        Runnable work =
                () -> {
                    try (Asker asker = workers.open(model)) {
                        for (int from = next.getAndAdd(batch); from < open.size(); from = next.getAndAdd(batch)) {
                            for (int place : open.subList(from, Math.min(open.size(), from + batch))) {
                                if (failure.get() != null) {
                                    return;
                                }
                                ask(asker, results, place, metrics);
                            }
                        }
                    } catch (Throwable failed) { // an Error of one thread must end the others too
                        failure.compareAndSet(null, failed);
                    }
                };
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < Math.min(workers.count(), Math.ceilDiv(open.size(), batch)); i++) {
            threads.add(Thread.ofPlatform().name("evaluation-" + i).start(work));
        }
        threads.forEach(this::await);
    }

    private void ask(Asker asker, Results results, int place, MetricTasks metrics) {
        Item item = results.item(place);
        Reply reply;
        try {
            reply = asker.ask(Trial.of(item));
        } catch (EvaluationException wrong) {
            throw at(item, wrong);
        }
        if (Scoring.takesLong(item)) {
            journal.append(new Reply.Pending(model.name(), item.task().name(), item.id(), item.prompt(), reply));
            metrics.submit(() -> score(results, place, reply, true));
        } else {
            score(results, place, reply, true);
        }
    }

    private void score(Results results, int place, Reply reply, boolean asked) {
        if (failure.get() != null) {
            return;
        }
        Item item = results.item(place);
        try {
            ItemResult result = Scoring.result(model.name(), item, reply);
            journal.append(result);
            results.put(place, result, asked);
        } catch (EvaluationException wrong) {
            failure.compareAndSet(null, at(item, wrong));
        } catch (RuntimeException | Error failed) { // nothing else would see what a task of the metrics throws
            failure.compareAndSet(null, failed);
        }
    }

    private static EvaluationException at(Item item, EvaluationException wrong) {
        return new EvaluationException(
                "task " + item.task().name() + ", " + item.row().where() + ": " + wrong.getMessage(), wrong);
    }

    private void await(Thread thread) {
        boolean interrupted = false;
        int before = answered.get();
        int looks = 0;
        while (thread.isAlive()) {
            try {
                if (!thread.join(A_LOOK)) {
                    looks = answered.get() == before ? looks + 1 : 0;
                    before = answered.get();
                    if (looks == MOST_LOOKS) {
                        throw new EvaluationException(
                                "no item was answered for six hours while waiting for " + thread.getName());
                    }
                }
            } catch (InterruptedException stopped) {
                interrupted = true;
                failure.compareAndSet(null, new EvaluationException("the evaluation was interrupted", stopped));
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// What is answered so far.
    private final class Results {
        private final List<Item> items;
        private final Listener listener;
        private final ItemResult[] results;

        Results(List<Item> items, Listener listener) {
            this.items = items;
            this.listener = listener;
            this.results = new ItemResult[items.size()];
        }

        Item item(int place) {
            return items.get(place);
        }

        synchronized void put(int place, ItemResult result, boolean asked) {
            results[place] = result;
            answered.incrementAndGet();
            listener.answered(items.get(place), result, asked);
        }

        synchronized List<ItemResult> all() {
            return List.of(results);
        }
    }
}
