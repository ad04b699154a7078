package dev.pando.runtime.job;

import dev.pando.actors.job.JobEvent;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Hands a job's events on to any number of subscribers, none of which can make the job wait.
///
/// Each has a separate queue and virtual thread. A subscriber that falls too far behind gets an error and no more.
public final class EventStream implements Flow.Publisher<JobEvent> {
    private static final int MOST_BEHIND = 100_000;

    private final Set<Delivery> deliveries = ConcurrentHashMap.newKeySet();
    private final ReentrantLock ending = new ReentrantLock();
    private boolean over;

    @Override
    public void subscribe(Flow.Subscriber<? super JobEvent> subscriber) {
        Delivery delivery = new Delivery(subscriber);
        ending.lock();
        try {
            deliveries.add(delivery);
            if (over) {
                delivery.end(null);
            }
        } finally {
            ending.unlock();
        }
        Thread.ofVirtual().name("pando-events").start(delivery);
    }

    public void publish(JobEvent event) {
        deliveries.forEach(delivery -> delivery.offer(event));
    }

    public void close() {
        ending.lock();
        try {
            over = true;
            deliveries.forEach(delivery -> delivery.end(null));
        } finally {
            ending.unlock();
        }
    }

    private final class Delivery implements Runnable, Flow.Subscription {
        private final Flow.Subscriber<? super JobEvent> subscriber;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final Queue<JobEvent> waiting = new ArrayDeque<>();
        private long requested;
        private boolean cancelled;
        private boolean ended;
        private Throwable error;

        Delivery(Flow.Subscriber<? super JobEvent> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void run() {
            try {
                subscriber.onSubscribe(this);
                for (JobEvent event = next(); event != null; event = next()) {
                    subscriber.onNext(event);
                }
                if (!cancelled && error != null) {
                    subscriber.onError(error);
                } else if (!cancelled) {
                    subscriber.onComplete();
                }
            } catch (RuntimeException thrown) {
                subscriber.onError(thrown);
            } finally {
                deliveries.remove(this);
            }
        }

        @Override
        public void request(long more) {
            change(() -> {
                if (more <= 0) {
                    ended = true;
                    error = new IllegalArgumentException("a subscriber must request at least 1 event, not " + more);
                    waiting.clear();
                } else {
                    requested = Math.max(requested + more, more) < 0 ? Long.MAX_VALUE : requested + more;
                }
            });
        }

        @Override
        public void cancel() {
            change(() -> cancelled = true);
        }

        void offer(JobEvent event) {
            change(() -> {
                if (waiting.size() < MOST_BEHIND) {
                    waiting.add(event);
                } else if (!ended) {
                    ended = true;
                    error = new IllegalStateException("this subscriber fell " + MOST_BEHIND + " events behind");
                }
            });
        }

        void end(Throwable cause) {
            change(() -> {
                ended = true;
                error = error == null ? cause : error;
            });
        }

        /// The next event that is wanted; null when there will be none.
        private JobEvent next() {
            lock.lock();
            try {
                while (!cancelled) {
                    if (requested > 0 && !waiting.isEmpty()) {
                        requested = requested == Long.MAX_VALUE ? requested : requested - 1;
                        return waiting.remove();
                    }
                    if (ended && waiting.isEmpty()) {
                        return null;
                    }
                    changed.awaitUninterruptibly();
                }
                return null;
            } finally {
                lock.unlock();
            }
        }

        private void change(Runnable how) {
            lock.lock();
            try {
                how.run();
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
