// What our code asks of libcuda.so.1, on a machine without a GPU: memory of the host in the place of the device's, the
// emulator in the place of its processors, and everything done at once. Only what is used is here.
//
// Device memory lies between canaries, which are looked at whenever something is waited for.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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
constexpr int NOT_FOUND = 500;
constexpr int CAPTURE_UNSUPPORTED = 900;
constexpr size_t CANARY = 256;
constexpr unsigned char SONG = 0xc5;

using Action = std::function<int()>;

struct Graph {
    std::vector<Action> actions;
};

struct Stream {
    Graph* recording = nullptr;
};

// What goes wrong on request.
std::string faultyKernel;
int faultCode;
size_t roomThereIs = size_t{4} << 30;

std::map<uintptr_t, size_t> blocks;
size_t held;
int dead; // the code that every call answers once the context has died

void lookAtCanaries() {
    for (auto [address, bytes] : blocks) {
        auto before = reinterpret_cast<unsigned char*>(address) - CANARY;
        auto after = reinterpret_cast<unsigned char*>(address) + bytes;
        for (size_t i = 0; i < CANARY; i++) {
            if (before[i] != SONG || after[i] != SONG) {
                fprintf(stderr, "emulated driver: somebody wrote beyond a block of %zu bytes\n", bytes);
                abort();
            }
        }
    }
}

int run(Stream* stream, Action action) {
    if (dead != SUCCESS) {
        return dead;
    }
    if (stream != nullptr && stream->recording != nullptr) {
        stream->recording->actions.push_back(std::move(action));
        return SUCCESS;
    }
    return action();
}
} // namespace

// For libraries that add work to a stream.
__attribute__((visibility("default"))) int emulatedRun(void* stream, Action action) {
    return run(static_cast<Stream*>(stream), std::move(action));
}

// From now on that kernel ends with that code, as a GPU's fault does: for good, in this context.
extern "C" __attribute__((visibility("default"))) void emulatedFault(const char* kernel, int code) {
    faultyKernel = kernel;
    faultCode = code;
}

extern "C" __attribute__((visibility("default"))) void emulatedRoom(size_t bytes) { roomThereIs = bytes; }

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
API cuCtxCreate_v2(void** context, unsigned, int) {
    dead = SUCCESS;
    return *context = new int(0), SUCCESS;
}
API cuCtxDestroy_v2(void* context) {
    if (dead == SUCCESS) {
        lookAtCanaries();
    }
    for (auto [address, bytes] : blocks) {
        free(reinterpret_cast<char*>(address) - CANARY);
    }
    blocks.clear();
    held = 0;
    delete static_cast<int*>(context);
    return SUCCESS;
}
API cuCtxSetCurrent(void*) { return SUCCESS; }
API cuStreamCreate(void** stream, unsigned) { return *stream = new Stream, SUCCESS; }
API cuStreamSynchronize(void* stream) {
    if (static_cast<Stream*>(stream)->recording != nullptr) {
        return CAPTURE_UNSUPPORTED;
    }
    if (dead == SUCCESS) {
        lookAtCanaries();
    }
    return dead;
}
API cuMemAlloc_v2(uintptr_t* address, size_t bytes) {
    if (dead != SUCCESS) {
        return dead;
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
    blocks[*address] = bytes;
    held += bytes;
    return SUCCESS;
}
API cuMemFree_v2(uintptr_t address) {
    lookAtCanaries();
    held -= blocks[address];
    blocks.erase(address);
    free(reinterpret_cast<char*>(address) - CANARY);
    return SUCCESS;
}
API cuMemGetInfo_v2(size_t* available, size_t* total) {
    *available = roomThereIs - held;
    *total = roomThereIs;
    return SUCCESS;
}
API cuMemHostRegister_v2(void* at, size_t, unsigned) { return *static_cast<volatile char*>(at), SUCCESS; }
API cuMemHostUnregister(void*) { return SUCCESS; }
API cuMemcpyAsync(uintptr_t to, uintptr_t from, size_t bytes, void* stream) {
    return run(static_cast<Stream*>(stream), [=] {
        memcpy(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes);
        return SUCCESS;
    });
}
API cuMemsetD8Async(uintptr_t at, unsigned char value, size_t bytes, void* stream) {
    return run(static_cast<Stream*>(stream), [=] {
        memset(reinterpret_cast<void*>(at), value, bytes);
        return SUCCESS;
    });
}
API cuModuleLoadData(void** module, const void* image) {
    *module = const_cast<char*>("module");
    return strstr(static_cast<const char*>(image), ".version") != nullptr ? SUCCESS : 218; // is it PTX?
}
API cuModuleGetFunction(void** function, void*, const char* name) {
    const int* bytes;
    *function = new std::string(name);
    return emulatedArguments(name, &bytes) >= 0 ? SUCCESS : NOT_FOUND;
}
API cuFuncSetAttribute(void*, int, int) { return SUCCESS; }
API cuLaunchKernel(void* function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned x, unsigned y, unsigned z,
                   unsigned shared, void* stream, void** parameters, void** extra) {
    const std::string name = *static_cast<std::string*>(function);
    const int* bytes;
    int count = emulatedArguments(name.c_str(), &bytes);
    if (y != 1 || z != 1 || extra != nullptr) {
        return INVALID_VALUE;
    }
    std::vector<uint64_t> values(count); // as the driver does, take the arguments now
    for (int i = 0; i < count; i++) {
        memcpy(&values[i], parameters[i], bytes[i]);
    }
    return run(static_cast<Stream*>(stream), [=]() mutable {
        if (name == faultyKernel) {
            return dead = faultCode;
        }
        std::vector<void*> slots(count);
        for (int i = 0; i < count; i++) {
            slots[i] = &values[i];
        }
        return emulate(name.c_str(), gridX, gridY, gridZ, x, shared, count, slots.data());
    });
}
API cuStreamBeginCapture_v2(void* stream, int) { return static_cast<Stream*>(stream)->recording = new Graph, SUCCESS; }
API cuStreamEndCapture(void* stream, void** graph) {
    *graph = static_cast<Stream*>(stream)->recording;
    static_cast<Stream*>(stream)->recording = nullptr;
    return SUCCESS;
}
API cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long) {
    return *executable = new Graph(*static_cast<Graph*>(graph)), SUCCESS;
}
API cuGraphDestroy(void* graph) { return delete static_cast<Graph*>(graph), SUCCESS; }
API cuGraphExecDestroy(void* executable) { return delete static_cast<Graph*>(executable), SUCCESS; }
API cuGraphLaunch(void* executable, void*) {
    for (Action& action : static_cast<Graph*>(executable)->actions) {
        int code = dead != SUCCESS ? dead : action();
        if (code != SUCCESS) {
            return code;
        }
    }
    return SUCCESS;
}
API cuEventCreate(void** event, unsigned) { return *event = new int(0), SUCCESS; }
API cuEventDestroy_v2(void* event) { return delete static_cast<int*>(event), SUCCESS; }
API cuEventRecord(void*, void*) { return dead; }
API cuEventSynchronize(void*) { return dead; }
API cuEventElapsedTime(float* milliseconds, void*, void*) { return *milliseconds = 1, SUCCESS; }
