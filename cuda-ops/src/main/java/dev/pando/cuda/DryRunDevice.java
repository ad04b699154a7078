package dev.pando.cuda;

/// A GPU that computes nothing and refuses nothing: what is asked of it for memory is what a real one will be asked
/// for, so that a job's needs are known before it begins.
final class DryRunDevice implements Device {
    private static final long BEGIN = 1L << 40; // no address that the host gives out: nothing lies there
    private static final long GRAIN = 1 << 9;

    private long end = BEGIN;

    @Override
    public String name() {
        return "an imagined GPU";
    }

    @Override
    public long stream() {
        return 0;
    }

    @Override
    public Room room() {
        return new Room(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    @Override
    public long allocate(long bytes) {
        long address = end;
        end += Math.ceilDiv(bytes, GRAIN) * GRAIN;
        return address;
    }

    @Override
    public Lock lock(long address, long bytes) {
        return Lock.OURS;
    }

    @Override
    public void unlock(long address) {}

    @Override
    public void copy(long from, long to, long bytes) {}

    @Override
    public void fill(long address, byte value, long bytes) {}

    @Override
    public void launch(String kernel, Grid grid, int threads, int shared, Object... arguments) {}

    @Override
    public void finish() {}

    @Override
    public void settle() {}

    @Override
    public Recording record(Runnable calls) {
        calls.run();
        return new Recording(null);
    }

    @Override
    public void play(Recording recording) {}

    @Override
    public void forget(Recording recording) {}

    @Override
    public double time(Runnable calls) {
        calls.run();
        return 0;
    }

    @Override
    public void close() {}
}
