package dev.pando.runtime.build;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.collectives.Transport;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.step.CheckpointStore;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;

/// What a node trains with that takes any job: builds everything from the job as it arrives, on one transport.
///
/// Jobs share the node's file system with their submitter: their paths mean the same here.
public final class NodeWorkbench implements ReplicaFactory, AutoCloseable {
    private final Transport transport;
    private final Map<JobSpec, ProductionWorkbench> jobs = new HashMap<>();

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
            tools = of(job);
        } catch (UserError mistake) {
            throw new Refusal(mistake.getMessage(), mistake);
        }
        return tools.replica(job, worker);
    }

    @Override
    public CheckpointStore checkpoints(JobSpec job) {
        return of(job).checkpoints(job);
    }

    @Override
    public Map<String, String> checkpointAttributes(JobSpec job) {
        return of(job).checkpointAttributes(job);
    }

    private synchronized ProductionWorkbench of(JobSpec job) {
        return jobs.computeIfAbsent(job, spec -> ProductionWorkbench.onNode(spec, transport));
    }

    @Override
    public synchronized void close() {
        jobs.values().forEach(ProductionWorkbench::close);
        transport.close();
    }
}
