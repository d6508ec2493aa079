// Measures the chunker and the compression of ObjectStore on the corpora of data.py, and prints Markdown.
// Compiled together with the sources it measures: see `run`.

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Seconds of processor time this thread has used: it does not count what other programs take.
@inline(never)
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The shortest of a few runs, in seconds.
func shortest(of runs: Int = 3, _ body: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<runs {
        let start = processorTime()
        try body()
        best = min(best, processorTime() - start)
    }
    return best
}

func readFile(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else {
        print("cannot read \(path)")
        exit(3)
    }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let length = ftell(file)
    rewind(file)
    return [UInt8](unsafeUninitializedCapacity: length) { $1 = fread($0.baseAddress, 1, length, file) }
}

func rounded(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let text = String(Int((value * scale).rounded()))
    if digits == 0 { return text }
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return padded.dropLast(digits) + "." + padded.suffix(digits)
}

func row(_ cells: [String]) { print("| " + cells.joined(separator: " | ") + " |") }

func table(_ heads: [String]) {
    row(heads)
    row(heads.map { _ in "---" })
}

/// A seeded generator (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

/// Calls `body` with each chunk.
@inline(__always)
func forEachChunk(_ chunker: Chunker, _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    try bytes.withUnsafeBytes { all in
        var start = 0
        while start < all.count {
            let rest = UnsafeRawBufferPointer(rebasing: all[start...])
            let length = chunker.firstCut(in: rest)
            try body(UnsafeRawBufferPointer(rebasing: rest[..<length]))
            start += length
        }
    }
}

/// A fingerprint good enough to tell the chunks of one benchmark apart (64-bit FNV-1a over words).
func fingerprint(_ chunk: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(chunk.count)
    var index = 0
    while index + 8 <= chunk.count {
        hash = (hash ^ chunk.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0x100_0000_01b3
        hash ^= hash >> 29
        index += 8
    }
    while index < chunk.count {
        hash = (hash ^ UInt64(chunk[index])) &* 0x100_0000_01b3
        index += 1
    }
    return hash
}

/// The bytes in chunks of `after` that `before` does not have.
func growth(_ chunker: Chunker, from before: [UInt8], to after: [UInt8]) -> Int {
    var known = Set<UInt64>()
    forEachChunk(chunker, before) { known.insert(fingerprint($0)) }
    var bytes = 0
    forEachChunk(chunker, after) { if known.insert(fingerprint($0)).inserted { bytes += $0.count } }
    return bytes
}

/// `bytes` with edits about `distance` bytes apart: runs of 1 byte to 128 KiB inserted, removed or replaced.
func edited(
    _ bytes: [UInt8], with other: [UInt8], every distance: Int, seed: UInt64
) -> (bytes: [UInt8], inserted: Int, edits: Int) {
    var random = Seeded(state: seed)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 10)
    var (position, inserted, edits) = (0, 0, 0)
    while true {
        let next = position + distance / 2 + Int.random(in: 0..<distance, using: &random)
        let longest = 1 << Int.random(in: 0...17, using: &random)
        let length = Int.random(in: 1...longest, using: &random)
        guard next + length < bytes.count, inserted + length < other.count else { break }
        result += bytes[position..<next]
        let kind = Int.random(in: 0..<3, using: &random)
        position = kind == 0 ? next : next + length
        if kind != 1 {
            result += other[inserted..<(inserted + length)]
            inserted += length
        }
        edits += 1
    }
    return (result + bytes[position...], inserted, edits)
}

/// W3 of the issue: rows inserted in the middle (1%) and at the end (2%), taken from another file.
func grown(_ bytes: [UInt8], with other: [UInt8]) -> [UInt8] {
    let (middle, one) = (bytes.count / 2, bytes.count / 100)
    var result = Array(bytes[..<middle])
    result += other[..<one]
    result += bytes[middle...]
    result += other[one..<(3 * one)]
    return result
}

func measureChunking(_ events: [UInt8], _ noise: [UInt8]) throws {
    print("\n## Where to cut\n")
    table([
        "minimum, average, maximum (KiB)", "normalisation", "GB/s noise", "GB/s events", "mean (KiB)",
        "deviation / mean", "stored again an edit (KiB)", "÷ mean", "at maximum",
    ])
    let edit = edited(events, with: noise, every: 1 << 20, seed: 7)
    for (minimum, average, maximum) in [
        (16, 64, 256), (32, 64, 256), (32, 64, 512), (48, 64, 256), (16, 32, 128), (64, 128, 512),
    ] {
        for normalisation in 1...3 {
            let parameters = try ChunkingParameters(
                minimum: minimum << 10, average: average << 10, maximum: maximum << 10)
            let chunker = Chunker(parameters, normalisation: normalisation)
            var lengths: [Int] = []
            let noiseTime = shortest {
                lengths.removeAll(keepingCapacity: true)
                forEachChunk(chunker, noise) { lengths.append($0.count) }
            }
            lengths.removeAll(keepingCapacity: true)
            let eventsTime = shortest {
                lengths.removeAll(keepingCapacity: true)
                forEachChunk(chunker, events) { lengths.append($0.count) }
            }
            let mean = Double(events.count) / Double(lengths.count)
            let variance =
                lengths.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(lengths.count)
            let new = Double(growth(chunker, from: events, to: edit.bytes) - edit.inserted) / Double(edit.edits)
            row([
                "\(minimum), \(average), \(maximum)", "\(normalisation)",
                rounded(Double(noise.count) / noiseTime / 1e9, 2), rounded(Double(events.count) / eventsTime / 1e9, 2),
                rounded(mean / 1024, 1), rounded(variance.squareRoot() / mean, 2), rounded(new / 1024, 1),
                rounded(new / mean, 2), "\(lengths.filter { $0 == maximum << 10 }.count)",
            ])
        }
    }
    let after = grown(events, with: Array(noise[..<(events.count / 25)]))
    let inserted = after.count - events.count
    let new = growth(Chunker(.standard), from: events, to: after)
    print(
        "\nOne run of 1% in the middle and 2% at the end: \(new) bytes are new, \(new - inserted) more than were added."
    )
}

func measureCompression(_ folder: String, _ names: [String]) throws {
    print("\n## How much to compress\n")
    print("Pieces as the standard sizes cut them. Ratio: stored ÷ raw. MB/s: of raw bytes, one core.\n")
    let levels = [1, 2, 3, 4, 6]
    table(
        ["corpus"] + levels.map { "level \($0): ratio, MB/s" } + [
            "level 3, 2 MiB pieces: ratio", "read back, MB/s", "raw pieces",
        ])
    let chunker = Chunker(.standard)
    let longPiece = 2 << 20
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: longPiece, alignment: 64)
    let back = UnsafeMutableRawBufferPointer.allocate(byteCount: ChunkingParameters.standard.maximum, alignment: 64)
    var compressor = try Compressor()
    var decompressor = try Decompressor()
    for name in names {
        let bytes = Array(readFile("\(folder)/\(name)").prefix(32 << 20))
        var (cells, raw) = ([name], 0)
        var pieces = 0
        forEachChunk(chunker, bytes) { _ in pieces += 1 }
        let cutting = shortest { forEachChunk(chunker, bytes) { _ in } }
        for level in levels {
            var stored = 0
            let time =
                shortest {
                    stored = 0
                    forEachChunk(chunker, bytes) { piece in
                        switch compressor.compress(piece, level: level, into: room) {
                        case .raw:
                            stored += piece.count
                            if level == 1 { raw += 1 }
                        case .zstd(let count): stored += count
                        }
                    }
                } - cutting
            cells.append(
                rounded(Double(stored) / Double(bytes.count), 4) + ", " + rounded(Double(bytes.count) / time / 1e6, 0))
        }
        var storedLong = 0
        bytes.withUnsafeBytes { all in
            for start in stride(from: 0, to: all.count, by: longPiece) {
                let piece = UnsafeRawBufferPointer(rebasing: all[start..<min(start + longPiece, all.count)])
                switch compressor.compress(piece, level: 3, into: room) {
                case .raw: storedLong += piece.count
                case .zstd(let count): storedLong += count
                }
            }
        }
        cells.append(rounded(Double(storedLong) / Double(bytes.count), 4))
        var decompression = 0.0
        try forEachChunk(chunker, bytes) { piece in
            guard case .zstd(let count) = compressor.compress(piece, level: 1, into: room) else { return }
            decompression += try shortest {
                try decompressor.decompress(
                    UnsafeRawBufferPointer(rebasing: room[..<count]),
                    into: UnsafeMutableRawBufferPointer(rebasing: back[..<piece.count]))
            }
        }
        cells.append(decompression == 0 ? "–" : rounded(Double(bytes.count) / decompression / 1e6, 0))
        row(cells + ["\(raw / 3) of \(pieces)"])
    }
}

guard CommandLine.arguments.count == 2 else {
    print("usage: chunking FOLDER")
    exit(2)
}
let folder = CommandLine.arguments[1]
try measureChunking(readFile("\(folder)/events.csv"), readFile("\(folder)/noise.bin"))
try measureCompression(
    folder,
    ["events.csv", "flights.csv", "source.c", "events.jsonl", "floats.bin", "noise.bin", "events.csv.gz"])
