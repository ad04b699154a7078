package dev.pando.training.ops;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;

/// A span that the host and the operators both work on: one and the same where they share memory, else one of each,
/// copied on request.
///
/// The host's one is allocated when it is first asked for.
public final class HostDeviceBuffer {
    private final String name;
    private final Ops ops;
    private final Memory hosts;
    private final MemorySegment device;
    private MemorySegment host;

    /// @param memory in which the operators work
    public HostDeviceBuffer(String name, long bytes, Ops ops, Memory memory) {
        this.name = name;
        this.ops = ops;
        this.hosts = ops.hostMemory(memory);
        this.device = memory.allocate(name, bytes);
        this.host = hosts.equals(memory) ? device : null;
    }

    /// What operators take.
    public MemorySegment device() {
        return device;
    }

    /// What the host reads and writes.
    public MemorySegment host() {
        if (host == null) {
            host = hosts.allocate(name + ", on the host", device.byteSize());
        }
        return host;
    }

    /// Takes what the host has written to the device. The host leaves it alone until `Ops.finish()`.
    public void toDevice() {
        if (!host().equals(device)) {
            ops.copy(host, device);
        }
    }

    /// Fetches what operators have written; the host may read it after `Ops.finish()`.
    public void toHost() {
        if (!host().equals(device)) {
            ops.copy(device, host);
        }
    }
}
