package dev.pando.cuda;

import static jcuda.driver.JCudaDriver.cuCtxCreate;
import static jcuda.driver.JCudaDriver.cuCtxDestroy;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.cuMemHostRegister;
import static jcuda.driver.JCudaDriver.cuMemHostUnregister;
import static jcuda.driver.JCudaDriver.cuMemcpyAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import dev.pando.cuda.CudaException.CallFailed;
import dev.pando.cuda.CudaException.Cause;
import dev.pando.cuda.CudaException.DeviceLost;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;

/// One context on one GPU, with one stream and our kernels in it: everything that is asked of CUDA's driver.
final class CudaDevice implements Device {
    private static final String KERNELS = "pando.ptx";
    private static final int NON_BLOCKING = 1; // CU_STREAM_NON_BLOCKING
    private static final int PORTABLE = 1; // CU_MEMHOSTREGISTER_PORTABLE
    private static final int CONTAINED = 226; // CUDA_ERROR_CONTAINED, since CUDA 12.8: broken hardware, fenced in

    /// The context that a thread is in. A thread may work in several, and several may work in one.
    private static final ThreadLocal<CudaDevice> INSIDE = new ThreadLocal<>();

    private static final class Address extends CUdeviceptr {
        long value() {
            return getNativePointer();
        }
    }

    private static final class HostAddress extends Pointer {
        HostAddress(long address) {
            super(address);
        }
    }

    private static final class Stream extends CUstream {
        long value() {
            return getNativePointer();
        }
    }

    private final CUcontext context = new CUcontext();
    private final Stream stream = new Stream();
    private final CUmodule module = new CUmodule();
    private final CUevent before = new CUevent();
    private final CUevent after = new CUevent();
    private final Map<String, CUfunction> functions = new HashMap<>();
    private final Map<String, Integer> sharedOf = new HashMap<>();
    private final String name;

    /// @throws CudaException if the driver refuses, for instance because there is no such GPU
    CudaDevice(int ordinal) {
        name = "cuda:" + ordinal;
        check(cuInit(0), "start CUDA");
        CUdevice device = new CUdevice();
        check(cuDeviceGet(device, ordinal), "find the GPU");
        check(cuCtxCreate(context, 0, device), "create a context");
        INSIDE.set(this);
        try {
            check(cuStreamCreate(stream, NON_BLOCKING), "create a stream");
            check(cuModuleLoadData(module, kernels()), "compile the kernels");
            check(cuEventCreate(before, 0), "create an event");
            check(cuEventCreate(after, 0), "create an event");
        } catch (RuntimeException refused) {
            cuCtxDestroy(context);
            INSIDE.remove();
            throw refused;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long stream() {
        enter();
        return stream.value();
    }

    @Override
    public Room room() {
        enter();
        long[] free = new long[1];
        long[] total = new long[1];
        check(cuMemGetInfo(free, total), "ask for the memory's state");
        return new Room(free[0], total[0]);
    }

    @Override
    public long allocate(long bytes) {
        enter();
        Address address = new Address();
        int code = cuMemAlloc(address, bytes);
        if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            return 0;
        }
        check(code, "allocate " + bytes + " bytes");
        return address.value();
    }

    @Override
    public Lock lock(long address, long bytes) {
        enter();
        return switch (cuMemHostRegister(new HostAddress(address), bytes, PORTABLE)) {
            case CUresult.CUDA_SUCCESS -> Lock.OURS;
            case CUresult.CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED -> Lock.THEIRS;
            default -> Lock.NONE;
        };
    }

    @Override
    public void unlock(long address) {
        enter();
        cuMemHostUnregister(new HostAddress(address));
    }

    @Override
    public void copy(long from, long to, long bytes) {
        enter();
        check(cuMemcpyAsync(at(to), at(from), bytes, stream), "copy " + bytes + " bytes");
    }

    @Override
    public void fill(long address, byte value, long bytes) {
        enter();
        check(cuMemsetD8Async(at(address), value, bytes, stream), "fill " + bytes + " bytes");
    }

    @Override
    public void launch(String kernel, Grid grid, int threads, int shared, Object... arguments) {
        enter();
        CUfunction function = functions.computeIfAbsent(kernel, this::function);
        if (sharedOf.getOrDefault(kernel, 0) < shared) { // without it, 48 KiB with what the kernel declares itself
            int attribute = CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            check(cuFuncSetAttribute(function, attribute, shared), "give " + kernel + " shared memory");
            sharedOf.put(kernel, shared);
        }
        NativePointerObject[] pointers = new NativePointerObject[arguments.length];
        Arrays.setAll(pointers, i -> argument(arguments[i]));
        int code =
                cuLaunchKernel(
                        function,
                        grid.x(),
                        grid.y(),
                        grid.z(),
                        threads,
                        1,
                        1,
                        shared,
                        stream,
                        Pointer.to(pointers),
                        null);
        check(code, "run " + kernel);
    }

    @Override
    public void finish() {
        enter();
        check(cuStreamSynchronize(stream), "finish");
    }

    @Override
    public void settle() {
        cuCtxSetCurrent(context);
        INSIDE.set(this);
        cuStreamSynchronize(stream);
    }

    @Override
    public Recording record(Runnable calls) {
        enter();
        check(
                cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "begin a recording");
        CUgraph graph = new CUgraph();
        int ended;
        try {
            calls.run();
        } finally {
            ended = cuStreamEndCapture(stream, graph); // also after a failure, or the stream stays unusable
        }
        check(ended, "end a recording");
        CUgraphExec executable = new CUgraphExec();
        int made = cuGraphInstantiate(executable, graph, 0);
        cuGraphDestroy(graph);
        check(made, "make a recording ready");
        return new Recording(executable);
    }

    @Override
    public void play(Recording recording) {
        enter();
        check(cuGraphLaunch(recording.executable(), stream), "play a recording");
    }

    @Override
    public void forget(Recording recording) {
        enter();
        cuGraphExecDestroy(recording.executable());
    }

    @Override
    public double time(Runnable calls) {
        enter();
        check(cuEventRecord(before, stream), "note the time");
        calls.run();
        check(cuEventRecord(after, stream), "note the time");
        check(cuEventSynchronize(after), "finish");
        float[] milliseconds = new float[1];
        check(cuEventElapsedTime(milliseconds, before, after), "tell the time");
        return milliseconds[0] / 1e3;
    }

    /// Never fails, for the context may be dead.
    @Override
    public void close() {
        cuCtxSetCurrent(context);
        cuEventDestroy(before);
        cuEventDestroy(after);
        cuCtxDestroy(context);
        INSIDE.remove();
    }

    private void enter() {
        if (INSIDE.get() != this) {
            check(cuCtxSetCurrent(context), "enter the context");
            INSIDE.set(this);
        }
    }

    private CUfunction function(String kernel) {
        CUfunction function = new CUfunction();
        check(cuModuleGetFunction(function, module, kernel), "find the kernel " + kernel);
        return function;
    }

    private static Pointer argument(Object value) {
        return switch (value) {
            case Long number -> Pointer.to(new long[] {number});
            case Integer number -> Pointer.to(new int[] {number});
            case Float number -> Pointer.to(new float[] {number});
            case Double number -> Pointer.to(new double[] {number});
            default -> throw new IllegalArgumentException("no kernel takes a " + value.getClass().getSimpleName());
        };
    }

    private static CUdeviceptr at(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }

    private static byte[] kernels() {
        try (InputStream resource = CudaDevice.class.getResourceAsStream(KERNELS)) {
            if (resource == null) {
                throw new IllegalStateException("this build of Pando carries no GPU kernels: " + KERNELS);
            }
            byte[] text = resource.readAllBytes();
            return Arrays.copyOf(text, text.length + 1); // the driver reads up to a 0
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private void check(int code, String doing) {
        if (code == CUresult.CUDA_SUCCESS) {
            return;
        }
        String sentence = name + " could not " + doing + ": " + CUresult.stringFor(code);
        switch (code) {
            case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                    CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
                    CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
                    CUresult.CUDA_ERROR_INVALID_PC,
                    CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
                    CUresult.CUDA_ERROR_LAUNCH_FAILED,
                    CUresult.CUDA_ERROR_ASSERT ->
                    throw new DeviceLost(Cause.ILLEGAL_ACCESS, sentence);
            case CONTAINED,
                    CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
                    CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
                    CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
                    CUresult.CUDA_ERROR_EXTERNAL_DEVICE ->
                    throw new DeviceLost(Cause.HARDWARE, sentence);
            case CUresult.CUDA_ERROR_LAUNCH_TIMEOUT -> throw new DeviceLost(Cause.TIMEOUT, sentence);
            case CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED, CUresult.CUDA_ERROR_UNKNOWN ->
                    throw new DeviceLost(Cause.UNKNOWN, sentence);
            default -> throw new CallFailed(code, sentence);
        }
    }
}
