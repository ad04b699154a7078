package dev.pando.runtime.build;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.collectives.Transport;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.ForwardingCheckpointStore;
import dev.pando.training.step.ForwardingTrainer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// What a node trains with that takes any job: builds everything from the job as it arrives, on one transport, and lets
/// go of it when the job's last replica and checkpoint store here are closed.
///
/// Jobs share the node's file system with their submitter: their paths mean the same here.
public final class NodeWorkbench implements ReplicaFactory, AutoCloseable {
    /// What a job trains with here, and how many replicas and open stores need it.
    private static final class InUse {
        private final ProductionWorkbench tools;
        private int users;

        InUse(ProductionWorkbench tools) {
            this.tools = tools;
        }
    }

    private final Transport transport;
    private final Map<JobSpec, InUse> jobs = new HashMap<>();

    public NodeWorkbench(NodeSettings settings) {
        this.transport = Transport.start(transport(settings.host()));
    }

    /// Nodes that listen at one address are of one machine, and share memory; others are reached by UDP.
    private static TransportSettings transport(String host) {
        TransportSettings here = TransportSettings.defaults();
        return isLoopback(host)
                ? here
                : here.withHost(here.host() + "@" + host).withUdp(TransportSettings.Udp.at(host));
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false; // opening a port there reports it
        }
    }

    @Override
    public Replica replica(JobSpec job, String worker) {
        ProductionWorkbench tools;
        try {
            tools = take(job);
        } catch (UserError mistake) {
            throw new Refusal(mistake.getMessage(), mistake);
        }
        return keptWhileOpen(
                job,
                () -> {
                    Replica replica = tools.replica(job, worker);
                    return new Replica(
                            new ForwardingTrainer(replica.trainer()) {
                                private boolean closed;

                                @Override
                                public void close() {
                                    super.close();
                                    if (!closed) {
                                        closed = true;
                                        giveBack(job);
                                    }
                                }
                            },
                            replica.collective());
                });
    }

    @Override
    public CheckpointStore checkpoints(JobSpec job) {
        ProductionWorkbench tools = take(job);
        return keptWhileOpen(
                job,
                () ->
                        new ForwardingCheckpointStore(tools.checkpoints(job)) {
                            private boolean closed;

                            @Override
                            public void close() {
                                super.close();
                                if (!closed) {
                                    closed = true;
                                    giveBack(job);
                                }
                            }
                        });
    }

    @Override
    public Map<String, String> checkpointAttributes(JobSpec job) {
        ProductionWorkbench tools = take(job);
        try {
            return tools.checkpointAttributes(job);
        } finally {
            giveBack(job);
        }
    }

    private synchronized ProductionWorkbench take(JobSpec job) {
        InUse use = jobs.computeIfAbsent(job, spec -> new InUse(ProductionWorkbench.onNode(spec, transport)));
        use.users++;
        return use.tools;
    }

    private <T> T keptWhileOpen(JobSpec job, Supplier<T> opening) {
        try {
            return opening.get();
        } catch (RuntimeException | Error failed) {
            giveBack(job);
            throw failed;
        }
    }

    /// The last one to be done with a job lets go of what was opened for it.
    private void giveBack(JobSpec job) {
        ProductionWorkbench over;
        synchronized (this) {
            InUse use = jobs.get(job);
            if (use == null || --use.users > 0) {
                return;
            }
            over = jobs.remove(job).tools;
        }
        over.close();
    }

    /// Jobs for which something is open here.
    public synchronized int openJobs() {
        return jobs.size();
    }

    @Override
    public void close() {
        List<ProductionWorkbench> left;
        synchronized (this) {
            left = jobs.values().stream().map(use -> use.tools).toList();
            jobs.clear();
        }
        left.forEach(ProductionWorkbench::close);
        transport.close();
    }
}
