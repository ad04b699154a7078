// What our code asks of libcuda.so.1, on a machine without a GPU: memory of the host in the place of the device's, the
// emulator in the place of its processors. Only what is used is here.
//
// As on a GPU, nothing is done before a caller waits for it, save what the driver's documentation says is done at once:
// so a result that is read too early is old, and a source that is overwritten too early arrives changed. Calls that
// documentation forbids are refused: in another context than the thread's, or, while a stream records, those that
// allocate, wait, or copy memory that is not page-locked.
//
// Device memory lies between canaries, which are looked at whenever something is waited for.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

extern "C" int emulate(const char* name, int gridX, int gridY, int gridZ, int threads, int shared, int given,
                       void** slots);
extern "C" int emulatedArguments(const char* name, const int** bytes);

namespace {
constexpr int SUCCESS = 0;
constexpr int INVALID_VALUE = 1;
constexpr int OUT_OF_MEMORY = 2;
constexpr int INVALID_CONTEXT = 201;
constexpr int INVALID_HANDLE = 400;
constexpr int NOT_FOUND = 500;
constexpr int ALREADY_REGISTERED = 712;
constexpr int NOT_PERMITTED = 800;
constexpr int CAPTURE_UNSUPPORTED = 900;
constexpr int CAPTURE_INVALIDATED = 901;
constexpr unsigned SHARED_UNASKED = 48 * 1024;
constexpr int SHARED_ATTRIBUTE = 8; // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
constexpr size_t CANARY = 256;
constexpr unsigned char SONG = 0xc5;

using Action = std::function<int()>;
using Blocks = std::map<uintptr_t, size_t>;

struct Graph {
    std::vector<Action> actions;
};

struct Context {
    Blocks blocks;
    int dead = SUCCESS; // the code that every call answers once the context has died
};

struct Stream {
    Context* context;
    std::deque<Action> waiting;
    Graph* recording = nullptr;
    bool invalid = false; // what it records
};

struct Function {
    Context* context;
    std::string name;
    unsigned shared = SHARED_UNASKED;
};

struct Event {
    Stream* stream = nullptr;
};

// What goes wrong on request.
std::string faultyKernel;
int faultCode;
size_t roomThereIs = size_t{4} << 30;
bool lockingAllowed = true;

size_t held; // by all contexts
size_t peak;
long allocations;
Blocks locked;
std::vector<Stream*> streams;
std::vector<Stream*> recording;
thread_local Context* current;

void lookAtCanaries(Context* context) {
    for (auto [address, bytes] : context->blocks) {
        auto before = reinterpret_cast<unsigned char*>(address) - CANARY;
        auto after = reinterpret_cast<unsigned char*>(address) + bytes;
        for (size_t i = 0; i < CANARY; i++) {
            if (before[i] != SONG || after[i] != SONG) {
                fprintf(stderr, "emulated driver: a kernel or copy wrote beyond a block of %zu bytes\n", bytes);
                abort();
            }
        }
    }
}

int ready() { return current == nullptr ? INVALID_CONTEXT : current->dead; }

int ready(Stream* stream) {
    int code = ready();
    return code != SUCCESS ? code : stream->context != current ? INVALID_HANDLE : SUCCESS;
}

// What may not be asked for while a stream records; it spoils the recording.
int readyToWait() {
    for (Stream* stream : recording) {
        stream->invalid = true;
        return CAPTURE_UNSUPPORTED;
    }
    return ready();
}

int run(Stream* stream, Action action) {
    int code = ready(stream);
    if (code != SUCCESS) {
        return code;
    }
    if (stream->recording != nullptr) {
        stream->recording->actions.push_back(std::move(action));
    } else {
        stream->waiting.push_back(std::move(action));
    }
    return SUCCESS;
}

int wait(Stream* stream) {
    while (!stream->waiting.empty() && stream->context->dead == SUCCESS) {
        Action action = std::move(stream->waiting.front());
        stream->waiting.pop_front();
        int code = action();
        if (code != SUCCESS) {
            stream->context->dead = code;
        }
    }
    stream->waiting.clear();
    if (stream->context->dead == SUCCESS) {
        lookAtCanaries(stream->context);
    }
    return stream->context->dead;
}

enum class Where { DEVICE, LOCKED, PAGEABLE, BOTH };

bool within(const Blocks& blocks, uintptr_t at, size_t bytes, bool whole) {
    auto next = blocks.upper_bound(whole ? at : at + bytes - 1);
    if (next == blocks.begin()) {
        return false;
    }
    auto [start, size] = *--next;
    return whole ? at + bytes <= start + size : at < start + size;
}

Where where(uintptr_t at, size_t bytes) {
    if (within(current->blocks, at, bytes, false)) {
        return within(current->blocks, at, bytes, true) ? Where::DEVICE : Where::BOTH;
    }
    if (within(locked, at, bytes, false)) {
        return within(locked, at, bytes, true) ? Where::LOCKED : Where::BOTH;
    }
    return Where::PAGEABLE;
}
} // namespace

// For libraries that add work to a stream.
__attribute__((visibility("default"))) int emulatedRun(void* stream, Action action) {
    return run(static_cast<Stream*>(stream), std::move(action));
}

#define TOLD extern "C" __attribute__((visibility("default")))

// From now on that kernel ends with that code, as a GPU's fault does: for good, in this context.
TOLD void emulatedFault(const char* kernel, int code) {
    faultyKernel = kernel;
    faultCode = code;
}
TOLD void emulatedRoom(size_t bytes) { roomThereIs = bytes; }
TOLD void emulatedLocking(int allowed) { lockingAllowed = allowed != 0; }
TOLD long emulatedAllocations() { return allocations; }
TOLD long emulatedPeak() { return static_cast<long>(peak); }
TOLD void emulatedForgetPeak() { peak = held; }

#define API extern "C" __attribute__((visibility("default"))) int

API cuInit(unsigned) { return SUCCESS; }
API cuDriverGetVersion(int* version) { return *version = 12060, SUCCESS; }
API cuDeviceGetCount(int* count) { return *count = 1, SUCCESS; }
API cuDeviceGet(int* device, int ordinal) { return *device = ordinal, ordinal == 0 ? SUCCESS : 101; }
API cuDeviceGetName(char* name, int length, int) { return snprintf(name, length, "an emulated GPU"), SUCCESS; }
API cuDeviceTotalMem_v2(size_t* bytes, int) { return *bytes = roomThereIs, SUCCESS; }
API cuDeviceGetAttribute(int* value, int attribute, int) {
    *value = attribute == 75 ? 8 : 0; // compute capability 8.0
    return SUCCESS;
}
API cuCtxCreate_v2(void** context, unsigned, int) { return *context = current = new Context, SUCCESS; }
API cuCtxDestroy_v2(void* handle) {
    auto context = static_cast<Context*>(handle);
    if (context->dead == SUCCESS) {
        lookAtCanaries(context);
    }
    for (auto [address, bytes] : context->blocks) {
        free(reinterpret_cast<char*>(address) - CANARY);
        held -= bytes;
    }
    auto ofContext = [=](Stream* stream) { return stream->context == context; };
    streams.erase(std::remove_if(streams.begin(), streams.end(), ofContext), streams.end());
    if (current == context) {
        current = nullptr;
    }
    delete context;
    return SUCCESS;
}
API cuCtxSetCurrent(void* context) { return current = static_cast<Context*>(context), SUCCESS; }
API cuStreamCreate(void** stream, unsigned) {
    streams.push_back(new Stream{current, {}});
    return *stream = streams.back(), ready();
}
API cuStreamSynchronize(void* stream) {
    int code = readyToWait();
    code = code != SUCCESS ? code : ready(static_cast<Stream*>(stream));
    return code != SUCCESS ? code : wait(static_cast<Stream*>(stream));
}
API cuMemAlloc_v2(uintptr_t* address, size_t bytes) {
    int code = readyToWait();
    if (code != SUCCESS) {
        return code;
    }
    if (bytes == 0) {
        return INVALID_VALUE;
    }
    if (held + bytes > roomThereIs) {
        return OUT_OF_MEMORY;
    }
    auto memory = static_cast<unsigned char*>(aligned_alloc(256, (bytes + 2 * CANARY + 255) / 256 * 256));
    memset(memory, SONG, bytes + 2 * CANARY);
    *address = reinterpret_cast<uintptr_t>(memory + CANARY);
    memset(memory + CANARY, 0xff, bytes); // nothing is zero by itself
    current->blocks[*address] = bytes;
    held += bytes;
    peak = std::max(peak, held);
    allocations++;
    return SUCCESS;
}
API cuMemGetInfo_v2(size_t* available, size_t* total) {
    *available = roomThereIs - held;
    *total = roomThereIs;
    return ready();
}
API cuMemHostRegister_v2(void* at, size_t bytes, unsigned) {
    int code = readyToWait();
    if (code != SUCCESS || !lockingAllowed) {
        return code != SUCCESS ? code : NOT_PERMITTED;
    }
    auto address = reinterpret_cast<uintptr_t>(at);
    if (within(locked, address, bytes, false)) {
        return ALREADY_REGISTERED;
    }
    locked[address] = bytes;
    return *static_cast<volatile char*>(at), SUCCESS;
}
API cuMemHostUnregister(void* at) {
    for (Stream* stream : streams) {
        if (stream->context == current && !stream->waiting.empty()) {
            fprintf(stderr, "emulated driver: memory of the host is unlocked while copies may be on their way\n");
            abort();
        }
    }
    return locked.erase(reinterpret_cast<uintptr_t>(at)) == 1 ? SUCCESS : INVALID_VALUE;
}
API cuMemcpyAsync(uintptr_t to, uintptr_t from, size_t bytes, void* handle) {
    auto stream = static_cast<Stream*>(handle);
    int code = ready(stream);
    if (code != SUCCESS || bytes == 0) {
        return code;
    }
    Where source = where(from, bytes);
    Where target = where(to, bytes);
    if (source == Where::BOTH || target == Where::BOTH) {
        return INVALID_VALUE;
    }
    bool pageable = source == Where::PAGEABLE || target == Where::PAGEABLE;
    if (pageable && stream->recording != nullptr) {
        return readyToWait();
    }
    if (source == Where::PAGEABLE && bytes > 0) { // it is staged: the source may change at once
        auto at = reinterpret_cast<unsigned char*>(from);
        return run(stream, [to, staged = std::vector<unsigned char>(at, at + bytes)] {
            memcpy(reinterpret_cast<void*>(to), staged.data(), staged.size());
            return SUCCESS;
        });
    }
    code = run(stream, [=] {
        memcpy(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes);
        return SUCCESS;
    });
    return target == Where::PAGEABLE && code == SUCCESS ? wait(stream) : code;
}
API cuMemsetD8Async(uintptr_t at, unsigned char value, size_t bytes, void* stream) {
    return run(static_cast<Stream*>(stream), [=] {
        memset(reinterpret_cast<void*>(at), value, bytes);
        return SUCCESS;
    });
}
API cuModuleLoadData(void** module, const void* image) {
    *module = const_cast<char*>("module");
    return strstr(static_cast<const char*>(image), ".version") != nullptr ? ready() : 218; // is it PTX?
}
API cuModuleGetFunction(void** function, void*, const char* name) {
    int code = readyToWait(); // it may load the kernel
    const int* bytes;
    *function = new Function{current, name};
    return code != SUCCESS ? code : emulatedArguments(name, &bytes) >= 0 ? SUCCESS : NOT_FOUND;
}
API cuFuncSetAttribute(void* function, int attribute, int value) {
    if (attribute != SHARED_ATTRIBUTE || value < 0 || value > 227 * 1024) {
        return INVALID_VALUE;
    }
    static_cast<Function*>(function)->shared = value;
    return ready();
}
API cuLaunchKernel(void* handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned x, unsigned y, unsigned z,
                   unsigned shared, void* stream, void** parameters, void** extra) {
    auto function = static_cast<Function*>(handle);
    const std::string name = function->name;
    const int* bytes;
    int count = emulatedArguments(name.c_str(), &bytes);
    if (y != 1 || z != 1 || extra != nullptr || shared > function->shared) {
        return INVALID_VALUE;
    }
    if (function->context != current) {
        return INVALID_HANDLE;
    }
    std::vector<uint64_t> values(count); // as the driver does, take the arguments now
    for (int i = 0; i < count; i++) {
        memcpy(&values[i], parameters[i], bytes[i]);
    }
    return run(static_cast<Stream*>(stream), [=]() mutable {
        if (name == faultyKernel) {
            return faultCode;
        }
        std::vector<void*> slots(count);
        for (int i = 0; i < count; i++) {
            slots[i] = &values[i];
        }
        return emulate(name.c_str(), gridX, gridY, gridZ, x, shared, count, slots.data());
    });
}
API cuStreamBeginCapture_v2(void* handle, int) {
    auto stream = static_cast<Stream*>(handle);
    int code = ready(stream);
    if (code == SUCCESS) {
        stream->recording = new Graph;
        stream->invalid = false;
        recording.push_back(stream);
    }
    return code;
}
API cuStreamEndCapture(void* handle, void** graph) {
    auto stream = static_cast<Stream*>(handle);
    recording.erase(std::remove(recording.begin(), recording.end(), stream), recording.end());
    *graph = stream->recording;
    stream->recording = nullptr;
    return stream->invalid ? CAPTURE_INVALIDATED : ready(stream);
}
API cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long) {
    return *executable = new Graph(*static_cast<Graph*>(graph)), ready();
}
API cuGraphDestroy(void* graph) { return delete static_cast<Graph*>(graph), SUCCESS; }
API cuGraphExecDestroy(void* executable) { return delete static_cast<Graph*>(executable), SUCCESS; }
API cuGraphLaunch(void* executable, void* stream) {
    int code = SUCCESS;
    for (Action& action : static_cast<Graph*>(executable)->actions) {
        code = code != SUCCESS ? code : run(static_cast<Stream*>(stream), action);
    }
    return code;
}
API cuEventCreate(void** event, unsigned) { return *event = new Event, ready(); }
API cuEventDestroy_v2(void* event) { return delete static_cast<Event*>(event), SUCCESS; }
API cuEventRecord(void* event, void* stream) {
    static_cast<Event*>(event)->stream = static_cast<Stream*>(stream);
    return ready(static_cast<Stream*>(stream));
}
API cuEventSynchronize(void* event) {
    int code = readyToWait();
    return code != SUCCESS ? code : wait(static_cast<Event*>(event)->stream);
}
API cuEventElapsedTime(float* milliseconds, void*, void*) { return *milliseconds = 1, ready(); }
