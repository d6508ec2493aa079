import ObjectStore
import Testing

/// A seeded generator (SplitMix64) and the kinds of bytes that chunks and frames are tested on.
struct SampleBytes: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    enum Kind: CaseIterable { case random, rows, runs, zeros }

    mutating func bytes(_ kind: Kind, count: Int) -> [UInt8] {
        switch kind {
        case .random: random(count)
        case .rows: rows(count)
        case .runs: runs(count)
        case .zeros: Array(repeating: 0, count: count)
        }
    }

    mutating func random(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Rows of digits, as in a CSV.
    mutating func rows(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            bytes += Array("2013-01-\(1 + next() % 31),\(next() % 1000),UA,\(next() % 100_000)\n".utf8)
        }
        return Array(bytes.prefix(count))
    }

    /// Random bytes with long runs of one value between them.
    mutating func runs(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            bytes += random(Int(next() % 900))
            bytes += Array(repeating: UInt8(next() % 3), count: Int(next() % 900))
        }
        return Array(bytes.prefix(count))
    }
}

/// The length of the first chunk, found by trying every length against the written definition.
private func definedCut(_ bytes: ArraySlice<UInt8>, _ parameters: ChunkingParameters) -> Int {
    let start = bytes.startIndex
    let averageBits = (0..<64).first { 1 << $0 == parameters.average } ?? 0
    for length in 1...parameters.maximum {
        if length == parameters.maximum || start + length == bytes.endIndex { return length }
        if length < parameters.minimum { continue }
        var hash: UInt64 = 0
        for age in 0..<64 {
            hash &+= GearTable.values[Int(bytes[start + length - 1 - age])] << UInt64(age)
        }
        let zeroBits = length < parameters.average ? averageBits + 2 : averageBits - 2
        if hash >> UInt64(64 - zeroBits) == 0 { return length }
    }
    return parameters.maximum
}

/// The lengths of all chunks, each found by `cut` from where the one before ended.
private func lengths(_ bytes: [UInt8], cut: (ArraySlice<UInt8>) -> Int) -> [Int] {
    var (lengths, start): ([Int], Int) = ([], 0)
    while start < bytes.count {
        let length = cut(bytes[start...])
        guard length > 0 else {
            Issue.record("no chunk at byte \(start)")
            break
        }
        lengths.append(length)
        start += length
    }
    return lengths
}

private func lengths(_ bytes: [UInt8], _ parameters: ChunkingParameters) -> [Int] {
    let chunker = Chunker(parameters)
    return lengths(bytes) { $0.withUnsafeBytes { chunker.firstCut(in: $0) } }
}

private func chunks(_ bytes: [UInt8], _ parameters: ChunkingParameters) -> [ArraySlice<UInt8>] {
    var start = 0
    return lengths(bytes, parameters).map { length in
        defer { start += length }
        return bytes[start..<(start + length)]
    }
}

private let smallSizes = [(64, 64, 64), (64, 256, 1024), (100, 256, 300), (128, 128, 2000), (257, 1024, 4096)]

@Suite struct ChunkerTests {
    @Test("the gear's numbers are what their sentence says")
    func gearTable() {
        #expect(GearTable.values.count == 256)
        for byte in UInt8.min...UInt8.max {
            let digest = ObjectID(of: Array("vintage gear ".utf8) + [byte]).bytes
            let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            #expect(GearTable.values[Int(byte)] == number)
        }
    }

    @Test("cuts are those of the written definition", arguments: SampleBytes.Kind.allCases)
    func oracle(kind: SampleBytes.Kind) throws {
        var sample = SampleBytes(seed: 1)
        for (minimum, average, maximum) in smallSizes {
            let parameters = try ChunkingParameters(minimum: minimum, average: average, maximum: maximum)
            for count in [1, 63, 64, 65, 255, 256, 257, 1023, 5000, 40_000] {
                let bytes = sample.bytes(kind, count: count)
                #expect(lengths(bytes, parameters) == lengths(bytes) { definedCut($0, parameters) })
            }
        }
    }

    @Test("a second implementation can check itself against the cuts of a known file")
    func knownCuts() {
        // The SHA-256 of each of the numbers 0 to 32767, as eight bytes, big-endian: 1 MiB.
        let bytes = (0..<UInt64(32768)).flatMap { number in
            ObjectID(of: withUnsafeBytes(of: number.bigEndian) { Array($0) }).bytes
        }
        let expected = [
            87536, 71787, 65882, 64342, 122_836, 70159, 37403, 71217, 77668, 114_339, 34167, 86486, 78078, 66676,
        ]
        #expect(lengths(bytes, .standard) == expected)
    }

    @Test("no bytes make no chunk, and one byte makes one")
    func fewBytes() {
        #expect(Chunker(.standard).firstCut(in: UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
        #expect(lengths([7], .standard) == [1])
    }

    @Test("chunks keep to the minimum and the maximum, and cover every byte", arguments: SampleBytes.Kind.allCases)
    func bounds(kind: SampleBytes.Kind) throws {
        var sample = SampleBytes(seed: 2)
        for (minimum, average, maximum) in smallSizes {
            let parameters = try ChunkingParameters(minimum: minimum, average: average, maximum: maximum)
            let bytes = sample.bytes(kind, count: 100_000)
            let chunks = chunks(bytes, parameters)
            #expect(chunks.dropLast().allSatisfy { minimum...maximum ~= $0.count })
            #expect(chunks.allSatisfy { 1...maximum ~= $0.count })
            #expect(chunks.flatMap { $0 } == bytes)
        }
    }

    @Test("bytes past the maximum do not move a cut, so any buffer of that size gives the same cuts")
    func bufferSizes() throws {
        var sample = SampleBytes(seed: 3)
        let parameters = try ChunkingParameters(minimum: 64, average: 256, maximum: 1024)
        let bytes = sample.runs(200_000)
        let whole = lengths(bytes, parameters)
        for capacity in [1024, 1025, 1500, 4096, 65_536] {
            // A reader that keeps `capacity` bytes, and reads on once fewer than a maximum are left.
            let chunker = Chunker(parameters)
            var (buffer, read, cuts): ([UInt8], Int, [Int]) = ([], 0, [])
            while true {
                if buffer.count < 1024 {
                    let next = min(bytes.count, read + capacity - buffer.count)
                    buffer += bytes[read..<next]
                    read = next
                }
                if buffer.isEmpty { break }
                let length = buffer.withUnsafeBytes { chunker.firstCut(in: $0) }
                cuts.append(length)
                buffer.removeFirst(length)
            }
            #expect(cuts == whole)
        }
    }

    @Test("an insertion, removal or replacement anywhere changes only the chunks near it")
    func shifts() throws {
        var sample = SampleBytes(seed: 4)
        let parameters = try ChunkingParameters(minimum: 128, average: 256, maximum: 1024)
        let before = sample.random(150_000)
        let known = Set(chunks(before, parameters))
        var changed: [Int] = []
        for _ in 0..<300 {
            let start = Int(sample.next() % 149_000)
            let removed = sample.next() % 3 == 0 ? 0 : Int(sample.next() % 300)
            let added = sample.next() % 3 == 0 ? [] : sample.random(Int(sample.next() % 300))
            var after = before
            after.replaceSubrange(start..<(start + removed), with: added)
            changed.append(chunks(after, parameters).count { !known.contains($0) })
        }
        // Of about 490 chunks. The seed is fixed, so the bounds cannot fail by chance.
        #expect(changed.max() ?? 0 <= 16)
        #expect(changed.reduce(0, +) <= 4 * changed.count)
        #expect(changed.contains { $0 > 0 })
    }

    @Test("appended bytes change the last chunk only")
    func appending() {
        var sample = SampleBytes(seed: 5)
        let before = sample.random(3_000_000)
        let after = before + sample.random(1_000_000)
        let (old, new) = (lengths(before, .standard), lengths(after, .standard))
        #expect(old.dropLast() == new.prefix(old.count - 1))
    }

    @Test("random bytes are cut near the average, seldom at the maximum")
    func averageLength() {
        var sample = SampleBytes(seed: 6)
        let lengths = lengths(sample.random(24 << 20), .standard)
        let mean = (24 << 20) / lengths.count
        #expect(64 << 10...88 << 10 ~= mean)
        #expect(lengths.count { $0 == ChunkingParameters.standard.maximum } == 0)
        #expect(lengths.count { $0 < 64 << 10 } * 4 < lengths.count)
    }
}

@Suite struct ChunkingParametersTests {
    @Test("the standard sizes pass their own check")
    func standard() throws {
        let standard = ChunkingParameters.standard
        let checked = try ChunkingParameters(
            minimum: standard.minimum, average: standard.average, maximum: standard.maximum)
        #expect(checked == standard)
    }

    @Test("sizes out of range, out of order, or with an average that is no power of two are refused")
    func refusals() {
        #expect(throws: InvalidChunkingParameters.lengthOutOfRange(63)) {
            try ChunkingParameters(minimum: 63, average: 256, maximum: 1024)
        }
        #expect(throws: InvalidChunkingParameters.lengthOutOfRange(.max)) {
            try ChunkingParameters(minimum: 64, average: 256, maximum: .max)
        }
        #expect(throws: InvalidChunkingParameters.averageNotPowerOfTwo(300)) {
            try ChunkingParameters(minimum: 64, average: 300, maximum: 1024)
        }
        #expect(throws: InvalidChunkingParameters.notAscending(minimum: 257, average: 256, maximum: 1024)) {
            try ChunkingParameters(minimum: 257, average: 256, maximum: 1024)
        }
        #expect(throws: InvalidChunkingParameters.notAscending(minimum: 64, average: 256, maximum: 255)) {
            try ChunkingParameters(minimum: 64, average: 256, maximum: 255)
        }
    }
}
