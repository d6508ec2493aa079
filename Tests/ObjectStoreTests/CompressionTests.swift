import ObjectStore
import Testing

/// The frame of `bytes`, or `nil` if they are kept raw.
private func frame(_ bytes: [UInt8], level: Int, _ compressor: inout Compressor) -> [UInt8]? {
    var room = [UInt8](repeating: 0xee, count: bytes.count)
    let outcome = bytes.withUnsafeBytes { source in
        room.withUnsafeMutableBytes { compressor.compress(source, level: level, into: $0) }
    }
    switch outcome {
    case .raw: return nil
    case .zstd(let count): return Array(room.prefix(count))
    }
}

/// What a frame holds, if it is sound and `count` bytes long; records an issue if a byte past those is touched.
private func content(
    of frame: [UInt8], count: Int, _ decompressor: inout Decompressor
) throws(CompressionError) -> [UInt8] {
    var room = [UInt8](repeating: 0xee, count: count + 64)
    var failure: CompressionError?
    frame.withUnsafeBytes { source in
        room.withUnsafeMutableBytes { room in
            do throws(CompressionError) {
                try decompressor.decompress(source, into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
            } catch {
                failure = error
            }
        }
    }
    #expect(room[count...].allSatisfy { $0 == 0xee })
    if let failure { throw failure }
    return Array(room[..<count])
}

@Suite struct CompressionTests {
    @Test("what is compressed comes back as it was", arguments: SampleBytes.Kind.allCases)
    func roundTrip(kind: SampleBytes.Kind) throws {
        var sample = SampleBytes(seed: 11)
        var compressor = try Compressor()
        var decompressor = try Decompressor()
        for count in [1, 2, 31, 100, 4096, 65_536, 262_144, 3_000_000] {
            for level in [1, 3, 6, 12] {
                let bytes = sample.bytes(kind, count: count)
                guard let frame = frame(bytes, level: level, &compressor) else {
                    #expect(kind == .random || count <= 100)
                    continue
                }
                #expect(try content(of: frame, count: count, &decompressor) == bytes)
            }
        }
    }

    @Test("no bytes and random bytes are kept raw", arguments: [1, 3, 4, 5, 9, 19])
    func raw(level: Int) throws {
        var sample = SampleBytes(seed: 12)
        var compressor = try Compressor()
        for count in [0, 1, 10, 1000, 65_536, 262_144] {
            #expect(frame(sample.random(count), level: level, &compressor) == nil)
        }
    }

    @Test("bytes that would gain less than a thirty-second part are kept raw, others are compressed")
    func leastGain() throws {
        var sample = SampleBytes(seed: 13)
        var compressor = try Compressor()
        for zeros in stride(from: 0, through: 8000, by: 500) {
            let bytes = sample.random(64_000) + Array(repeating: 0, count: zeros)
            let frame = frame(bytes, level: 1, &compressor)
            // The frame and its blocks have a few bytes of their own.
            if zeros <= 2000 { #expect(frame == nil) }
            if zeros >= 2500 { #expect(frame != nil) }
            if let frame { #expect(frame.count <= bytes.count - bytes.count / 32) }
        }
    }

    @Test("random bytes that repeat far apart are compressed at every level", arguments: [1, 3, 6, 12, 19])
    func farRepeats(level: Int) throws {
        var sample = SampleBytes(seed: 14)
        var compressor = try Compressor()
        let half = sample.random(30_000)
        let frame = try #require(frame(half + half, level: level, &compressor))
        #expect(frame.count < 31_000)
    }

    @Test("a frame depends on its piece and level only, not on what was compressed before")
    func independence() throws {
        var sample = SampleBytes(seed: 15)
        var used = try Compressor()
        for round in 0..<40 {
            let bytes = sample.bytes(SampleBytes.Kind.allCases[round % 4], count: Int(sample.next() % 200_000))
            let level = [1, 3, 7, 15][Int(sample.next() % 4)]
            var fresh = try Compressor()
            #expect(frame(bytes, level: level, &used) == frame(bytes, level: level, &fresh))
        }
    }

    @Test("a level out of range is taken as the nearest one")
    func levels() throws {
        var sample = SampleBytes(seed: 16)
        var compressor = try Compressor()
        let bytes = sample.rows(50_000)
        #expect(frame(bytes, level: -5, &compressor) == frame(bytes, level: 1, &compressor))
        #expect(frame(bytes, level: 99, &compressor) == frame(bytes, level: 19, &compressor))
        #expect(frame(bytes, level: 1, &compressor) != frame(bytes, level: 19, &compressor))
    }

    @Test("a frame carries no checksum, dictionary or length")
    func frameHeader() throws {
        var sample = SampleBytes(seed: 17)
        var compressor = try Compressor()
        let frame = try #require(frame(sample.rows(50_000), level: 1, &compressor))
        #expect(frame.prefix(5) == [0x28, 0xb5, 0x2f, 0xfd, 0])
    }

    @Test("a frame with a flipped bit is refused or read to the declared length, and nothing past it is touched")
    func damage() throws {
        var sample = SampleBytes(seed: 18)
        var compressor = try Compressor()
        var decompressor = try Decompressor()
        var refused = 0
        for round in 0..<2000 {
            let bytes = round % 2 == 0 ? sample.rows(3000) : sample.runs(3000)
            var damaged = try #require(frame(bytes, level: 1, &compressor))
            let bit = Int(sample.next() % UInt64(damaged.count * 8))
            damaged[bit / 8] ^= 1 << (bit % 8)
            do throws(CompressionError) {
                _ = try content(of: damaged, count: 3000, &decompressor)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 200)
    }

    @Test("a frame cut short at any byte is refused")
    func truncation() throws {
        var sample = SampleBytes(seed: 19)
        var compressor = try Compressor()
        var decompressor = try Decompressor()
        let frame = try #require(frame(sample.rows(5000), level: 1, &compressor))
        for count in 0..<frame.count {
            #expect(throws: CompressionError.self) {
                try content(of: Array(frame.prefix(count)), count: 5000, &decompressor)
            }
        }
    }

    @Test("a frame of another length than declared is refused", arguments: [0, 1, 4999, 5001, 100_000])
    func declaredLength(count: Int) throws {
        var sample = SampleBytes(seed: 20)
        var compressor = try Compressor()
        var decompressor = try Decompressor()
        let frame = try #require(frame(sample.rows(5000), level: 1, &compressor))
        #expect(throws: CompressionError.self) { try content(of: frame, count: count, &decompressor) }
    }

    @Test("random bytes are refused as a frame")
    func noFrame() throws {
        var sample = SampleBytes(seed: 21)
        var decompressor = try Decompressor()
        for count in 0..<300 {
            let bytes = sample.random(count)
            #expect(throws: CompressionError.self) { try content(of: bytes, count: 1000, &decompressor) }
        }
    }

    @Test("after a damaged frame a sound one is still read")
    func recovery() throws {
        var sample = SampleBytes(seed: 22)
        var compressor = try Compressor()
        var decompressor = try Decompressor()
        let bytes = sample.rows(5000)
        let frame = try #require(frame(bytes, level: 1, &compressor))
        #expect(throws: CompressionError.self) {
            try content(of: Array(frame.dropLast(10)), count: 5000, &decompressor)
        }
        #expect(try content(of: frame, count: 5000, &decompressor) == bytes)
    }
}
