import PointInTime
import Testing

@Suite("Key codes")
struct KeyCoderTests {
    /// Keys of a text and a number, laid out as the coder takes them.
    struct Keys {
        var texts: [String]
        var numbers: [Int64]

        func with<Result>(_ body: ([KeyColumn]) throws -> Result) throws -> Result {
            var offsets: [Int32] = [0]
            var bytes: [UInt8] = []
            for text in texts {
                bytes += Array(text.utf8)
                offsets.append(Int32(bytes.count))
            }
            return try offsets.withUnsafeBufferPointer { offsets in
                try bytes.withUnsafeBytes { bytes in
                    try numbers.withUnsafeBufferPointer { numbers in
                        try body([.bytes(offsets: offsets, values: bytes), .integers(numbers)])
                    }
                }
            }
        }

        func joined(_ row: Int) -> String { "\(texts[row])|\(numbers[row])" }
    }

    @Test("codes go up in the order in which keys are first seen, as a dictionary would number them")
    func codesAreDense() throws {
        var generator = SeededGenerator(seed: 11)
        var coder = KeyCoder(kinds: [.bytes, .integers])
        var expected: [String: Int32] = [:]
        for _ in 0..<3 {
            let keys = Self.random(20_000, using: &generator)
            let codes = try keys.with { try coder.encode($0) }
            let numbered = (0..<codes.count).map { row -> Int32 in
                let next = Int32(expected.count)
                return expected[keys.joined(row), default: next].also { expected[keys.joined(row)] = $0 }
            }
            #expect(codes == numbered)
        }
        #expect(coder.count == expected.count)
        let keys = Self.random(50_000, using: &generator)
        for threads in [1, 2, 5] {
            let codes = try keys.with { try coder.codes(of: $0, threads: threads) }
            #expect(codes == (0..<codes.count).map { expected[keys.joined($0)] ?? -1 })
        }
    }

    @Test("numbers alone are looked up as they were encoded")
    func numbersAlone() throws {
        var generator = SeededGenerator(seed: 12)
        let known = (0..<30_000).map { _ in Int64(bitPattern: generator.next()) } + [0, .min, .max, -1]
        var coder = KeyCoder(kinds: [.integers])
        let codes = try known.withUnsafeBufferPointer { try coder.encode([.integers($0)]) }
        #expect(codes == (0..<Int32(known.count)).map { $0 })
        let sought = known.reversed() + [1, 2]
        let found = try sought.withUnsafeBufferPointer { try coder.codes(of: [.integers($0)], threads: 2) }
        #expect(found == (0..<Int32(known.count)).reversed() + [-1, -1])
    }

    @Test("columns of another kind or length are refused")
    func refusesOtherColumns() throws {
        var refusals: [PointInTimeError] = []
        let cases: [(numbers: [Int64], kinds: [KeyColumn.Kind])] = [
            ([1], [.integers]), ([1, 2], [.bytes, .integers]),
        ]
        for (numbers, kinds) in cases {
            let keys = Keys(texts: ["a"], numbers: numbers)
            try keys.with { columns in
                do throws(PointInTimeError) {
                    _ = try KeyCoder(kinds: kinds).codes(of: columns)
                } catch { refusals.append(error) }
            }
        }
        #expect(
            refusals == [
                .keyColumnsDiffer(expected: [.integers], found: [.bytes, .integers]),
                .lengthsDiffer(column: "key", expected: 1, found: 2),
            ])
    }

    private static func random(_ count: Int, using generator: inout SeededGenerator) -> Keys {
        let pieces = ["", "a", "b", "ab", "a longer text of which", "a longer text of whic", "ü"]
        return Keys(
            texts: (0..<count).map { _ in
                (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                    pieces[Int.random(in: 0..<pieces.count, using: &generator)]
                }.joined() + String(Int.random(in: 0..<40, using: &generator))
            },
            numbers: (0..<count).map { _ in Int64.random(in: -20...20, using: &generator) })
    }
}

extension Int32 {
    fileprivate func also(_ body: (Int32) -> Void) -> Int32 {
        body(self)
        return self
    }
}
