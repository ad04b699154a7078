package dev.pando.chaos.faults;

import java.util.List;

/// Whom a fault strikes.
public sealed interface Target {
    /// A worker by its number.
    ///
    /// @param incarnation 0 for whichever incarnation gets there first; 1 for the first, 2 for the one after a restart
    record Worker(int number, int incarnation) implements Target {
        public Worker {
            if (number < 0 || incarnation < 0) {
                throw new IllegalArgumentException("no worker-" + number + "#" + incarnation);
            }
        }

        public Worker(int number) {
            this(number, 0);
        }

        /// Whether the worker of this name is meant, such as `worker-2`, or `worker-2#2` for its second incarnation; of
        /// a node's own workers, `node-1.worker-2`.
        public boolean isMeantBy(String worker) {
            int hash = worker.indexOf('#');
            String device = worker.substring(worker.indexOf('.') + 1, hash < 0 ? worker.length() : hash);
            return device.equals("worker-" + number)
                    && (incarnation == 0
                            || incarnation == (hash < 0 ? 1 : Integer.parseInt(worker.substring(hash + 1))));
        }

        @Override
        public String toString() {
            return "worker-" + number + (incarnation == 0 ? "" : "#" + incarnation);
        }
    }

    /// A whole machine or process.
    record Node(int number) implements Target {
        @Override
        public String toString() {
            return "node-" + number;
        }
    }

    /// One worker, chosen by the script's seed.
    record Any() implements Target {
        @Override
        public String toString() {
            return "any";
        }
    }

    /// Every worker.
    record All() implements Target {
        @Override
        public String toString() {
            return "all";
        }
    }

    /// The node that holds the job's supervisor.
    record Leader() implements Target {
        @Override
        public String toString() {
            return "leader";
        }
    }

    /// The checkpoint store.
    record Store() implements Target {
        @Override
        public String toString() {
            return "the store";
        }
    }

    /// Groups that cannot hear each other.
    record Sides(List<List<Target>> sides) implements Target {
        public Sides {
            sides = sides.stream().map(List::copyOf).toList();
            if (sides.size() < 2 || sides.stream().anyMatch(List::isEmpty)) {
                throw new IllegalArgumentException(
                        "a partition has at least two sides, as in worker-0, worker-1 | worker-2");
            }
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            for (List<Target> side : sides) {
                text.append(text.isEmpty() ? "" : " | ");
                text.append(String.join(", ", side.stream().map(Target::toString).toList()));
            }
            return text.toString();
        }
    }

    /// The job's journal, or another place that has no number.
    record None() implements Target {
        @Override
        public String toString() {
            return "";
        }
    }
}
