// The scheduler of the emulator, and the table of kernels that it can run.
#include "pando.cu"

namespace emulator {
static void* stacks;
static void* suspended[MOST_THREADS];
static void* scheduler;
static bool done[MOST_THREADS];
static Place places[MOST_THREADS];
static int current;
static void (*body)(void**);
static void** arguments;

extern "C" void pando_switch(void** save, void* to);
asm(R"(
.text
.globl pando_switch
.hidden pando_switch
pando_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");

void yield() { pando_switch(&suspended[current], scheduler); }

// A thread that has returned counts for no barrier.
static void leave() {
    Warp& mine = warp();
    done[current] = true;
    progress = true;
    alive--;
    mine.alive--;
    if (alive > 0 && arrived == alive) {
        arrived = 0;
        votes[(blockRound + 1) % 2] = 0;
        blockRound++;
    }
    if (mine.alive > 0 && mine.arrived == mine.alive) {
        die("lanes of a warp have returned while others wait for them");
    }
}

static void fiber() {
    body(arguments);
    leave();
    yield();
    die("a thread came back from the dead");
}

// The orders of warps and lanes: equal in every run, different in every round.
static unsigned draw() {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<unsigned>(state >> 33);
}

// Runs a warp until all of its lanes wait at the block's barrier, or are done, or for lanes that are.
static bool runWarp(int warp, int threads) {
    bool any = false;
    int size = threads - warp * 32 < 32 ? threads - warp * 32 : 32;
    do {
        progress = false;
        unsigned turned = draw() % size;
        bool backwards = draw() % 2 != 0;
        for (int i = 0; i < size; i++) {
            int lane = static_cast<int>((i + turned) % size);
            current = warp * 32 + (backwards ? size - 1 - lane : lane);
            if (!done[current] && heldBy[current] != blockRound + 1) {
                threadIdx = places[current];
                pando_switch(&scheduler, suspended[current]);
            }
        }
        any |= progress;
    } while (progress);
    return any;
}

static void runBlock(int threads, int shared) {
    alive = threads;
    arrived = 0;
    blockRound = 0;
    votes[0] = votes[1] = 0;
    memset(dynamicShared, 0xff, shared); // as floats, and as bfloat16: not a number
    for (int i = 0; i < threads; i++) {
        done[i] = false;
        heldBy[i] = 0;
        warps[i / 32].alive = i % 32 + 1;
        warps[i / 32].arrived = 0;
        warps[i / 32].round = 0;
        void** top = reinterpret_cast<void**>(static_cast<char*>(stacks) + (i + 1) * STACK);
        *--top = nullptr; // keeps the stack aligned as after a call
        *--top = reinterpret_cast<void*>(&fiber);
        top -= 6; // registers
        suspended[i] = top;
        places[i] = {static_cast<unsigned>(i), 0, 0};
    }
    int count = (threads + 31) / 32;
    while (alive > 0) {
        bool any = false;
        int first = static_cast<int>(draw() % count);
        for (int turn = 0; turn < count; turn++) {
            any |= runWarp((first + turn) % count, threads);
        }
        if (!any) {
            die("all threads wait for each other");
        }
    }
}

template <class T>
static T argument(void* at) {
    T value;
    memcpy(&value, at, sizeof(T));
    return value;
}

template <auto KERNEL_OF, class... A, size_t... I>
static void call(void (*)(A...), void** at, std::index_sequence<I...>) {
    KERNEL_OF(argument<A>(at[I])...);
}

template <class... A>
static std::vector<int> sizes(void (*)(A...)) {
    return {static_cast<int>(sizeof(A))...};
}

template <class... A>
static constexpr size_t count(void (*)(A...)) {
    return sizeof...(A);
}

struct Entry {
    void (*body)(void**);
    std::vector<int> arguments;
};

template <auto K>
static Entry entry() {
    return {[](void** at) { call<K>(K, at, std::make_index_sequence<count(K)>()); }, sizes(K)};
}

#define KERNEL_NAMED(name) {#name, entry<&name>()},
static const std::map<std::string, Entry> KERNELS = {
#include "kernels.inc"
};
} // namespace emulator

// How many arguments a kernel takes, and of how many bytes each is; -1 if there is no such kernel.
extern "C" int emulatedArguments(const char* name, const int** bytes) {
    auto found = emulator::KERNELS.find(name);
    if (found == emulator::KERNELS.end()) {
        return -1;
    }
    *bytes = found->second.arguments.data();
    return static_cast<int>(found->second.arguments.size());
}

// Runs a kernel; each argument lies in a separate slot.
//
// Returns 0, or 1 for a launch that the driver would refuse.
extern "C" int emulate(const char* name, int gridX, int gridY, int gridZ, int threads, int shared, int given,
                       void** slots) {
    using namespace emulator;
    auto found = KERNELS.find(name);
    if (found == KERNELS.end() || found->second.arguments.size() != static_cast<size_t>(given) || threads < 1
        || threads > MOST_THREADS || threads % 32 != 0 || static_cast<size_t>(shared) > SHARED || gridX < 1 || gridY < 1 || gridZ < 1 || gridY > 65535 || gridZ > 65535) {
        return 1;
    }
    if (stacks == nullptr) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        stacks = mmap(nullptr, MOST_THREADS * STACK, PROT_READ | PROT_WRITE, flags, -1, 0);
        dynamicShared = static_cast<unsigned char*>(aligned_alloc(128, SHARED));
    }
    body = found->second.body;
    arguments = slots;
    gridDim = {static_cast<unsigned>(gridX), static_cast<unsigned>(gridY), static_cast<unsigned>(gridZ)};
    blockDim = {static_cast<unsigned>(threads), 1, 1};
    for (int z = 0; z < gridZ; z++) {
        for (int y = 0; y < gridY; y++) {
            for (int x = 0; x < gridX; x++) {
                blockIdx = {static_cast<unsigned>(x), static_cast<unsigned>(y), static_cast<unsigned>(z)};
                runBlock(threads, shared);
            }
        }
    }
    return 0;
}
