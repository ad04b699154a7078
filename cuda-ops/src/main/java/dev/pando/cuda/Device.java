package dev.pando.cuda;

import jcuda.driver.CUgraphExec;

/// What our operators ask of a GPU: memory, copies, kernels, recordings.
///
/// Addresses are plain numbers; one address space holds host and devices alike. Whatever is asked is done in the order
/// of asking, after the call has returned, unless said otherwise.
sealed interface Device extends AutoCloseable permits CudaDevice, DryRunDevice {
    /// What a stream was asked for, to be asked for again at one request.
    record Recording(CUgraphExec executable) {}

    /// Outcome of page-locking memory of the host.
    enum Lock {
        /// Until it is unlocked.
        OURS,
        /// Locked by other code in this process, which unlocks it.
        THEIRS,
        /// The system does not allow it.
        NONE
    }

    /// Bytes that are free, and bytes there are.
    record Room(long free, long total) {}

    /// As in the setting `device`.
    String name();

    /// The stream's handle, for libraries.
    long stream();

    Room room();

    /// Memory of the device, at once.
    ///
    /// @return its address, or 0 if there is no room
    long allocate(long bytes);

    /// Page-locks memory of the host, at once, so that copies need no detour.
    Lock lock(long address, long bytes);

    /// Never fails: the caller is cleaning up.
    void unlock(long address);

    void copy(long from, long to, long bytes);

    void fill(long address, byte value, long bytes);

    /// Runs a kernel.
    ///
    /// @param shared bytes of dynamic shared memory
    /// @param arguments each a Long (also for addresses), Integer, Float or Double, as the kernel declares it
    void launch(String kernel, Grid grid, int threads, int shared, Object... arguments);

    /// Blocks of a launch.
    record Grid(int x, int y, int z) {
        static Grid of(int x) {
            return new Grid(x, 1, 1);
        }
    }

    /// Waits until everything that was asked for is done.
    void finish();

    /// The same for a caller that is cleaning up: never fails, for the device may be dead.
    void settle();

    /// Records what `calls` ask for, without doing it. They may not allocate, and not wait.
    Recording record(Runnable calls);

    void play(Recording recording);

    void forget(Recording recording);

    /// Waits for what `calls` ask for.
    ///
    /// @return seconds that it took on the device
    double time(Runnable calls);

    /// Frees all of its memory. Never fails.
    @Override
    void close();
}
