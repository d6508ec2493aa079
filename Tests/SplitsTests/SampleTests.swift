import Splits
import Testing

@Suite("Samples")
struct SampleTests {
    @Test("a reservoir keeps every row as often as another")
    func reservoirIsUniform() throws {
        let (rows, size, runs) = (40, 10, 4000)
        var kept = [Int](repeating: 0, count: rows)
        for seed in 0..<runs {
            let sample = try Sample(of: rows, size: size, RandomSource(seed: UInt64(seed)))
            #expect(sample.rows.count == size)
            #expect(zip(sample.rows, sample.rows.dropFirst()).allSatisfy(<))
            for row in sample.rows { kept[row] += 1 }
        }
        // Each count is binomial with p = 1/4, and they add up: scaled, this is chi-square with 39 degrees of freedom, of
        // which 72.1 is the 0.999 quantile.
        let expected = Double(runs * size) / Double(rows)
        let chiSquare = kept.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / (expected * 0.75) }
        #expect(chiSquare * 39 / 40 < 72.1)
    }

    @Test("a stratum keeps its share within one row, and the sample its size")
    func strata() throws {
        var random = RandomSource(seed: 12)
        for _ in 0..<1000 {
            let strata = random.categories(rows: random.number(20...300), atMost: 8)
            let size = random.number(0...strata.codes.count)
            let sample = try Sample(stratified: strata, size: size, random)
            #expect(sample.rows.count == size)
            #expect(Set(sample.rows).count == size)
            var taken = [Int](repeating: 0, count: strata.count)
            var weight = [Double](repeating: 0, count: strata.count)
            for (row, own) in zip(sample.rows, sample.weights) {
                taken[Int(strata.codes[row])] += 1
                weight[Int(strata.codes[row])] += own
            }
            for (stratum, rows) in strata.sizes.enumerated() {
                let exact = Double(rows) * Double(size) / Double(strata.codes.count)
                #expect(abs(Double(taken[stratum]) - exact) < 1 + 1e-9)
                if taken[stratum] > 0 { #expect(abs(weight[stratum] - Double(rows)) < 1e-6) }
            }
        }
    }

    @Test("all positives are kept, and the weights of the negatives add up to all of them")
    func negatives() throws {
        var random = RandomSource(seed: 13)
        for _ in 0..<1000 {
            let isNegative = (0..<random.number(1...300)).map { _ in random.chance(80) }
            let count = isNegative.count { $0 }
            let size = count == 0 ? 0 : random.number(1...count)
            let sample = try Sample(negatives: isNegative, size: size, random)
            #expect(sample.rows.filter { !isNegative[$0] } == isNegative.indices.filter { !isNegative[$0] })
            #expect(sample.rows.count { isNegative[$0] } == size)
            var sum = 0.0
            for (row, weight) in zip(sample.rows, sample.weights) {
                if isNegative[row] { sum += weight } else { #expect(weight == 1) }
            }
            #expect(abs(sum - Double(count)) < 1e-6)
        }
    }

    @Test("a negative is as likely to be kept as another")
    func negativesAreUniform() throws {
        let isNegative = (0..<48).map { $0 % 4 != 0 }
        var kept = [Int](repeating: 0, count: 48)
        let runs = 4000
        for seed in 0..<runs {
            let sample = try Sample(negatives: isNegative, size: 9, RandomSource(seed: UInt64(seed)))
            for row in sample.rows { kept[row] += 1 }
        }
        let negatives = kept.indices.filter { isNegative[$0] }.map { kept[$0] }
        // Thirty-six counts of p = 1/4; 66.6 is the 0.999 quantile of chi-square with 35 degrees of freedom.
        let expected = Double(runs) / 4
        let chiSquare = negatives.reduce(0.0) {
            $0 + (Double($1) - expected) * (Double($1) - expected) / (expected * 0.75)
        }
        #expect(chiSquare * 35 / 36 < 66.6)
    }

    @Test("more rows than there are cannot be taken")
    func tooLarge() {
        let random = RandomSource(seed: 0)
        #expect(throws: SplitError.sampleTooLarge(asked: 4, rows: 3)) { try Sample(of: 3, size: 4, random) }
        #expect(throws: SplitError.sampleTooLarge(asked: 2, rows: 1)) {
            try Sample(negatives: [true, false], size: 2, random)
        }
    }

    @Test("the generator gives the published numbers of SplitMix64")
    func generator() {
        var random = RandomSource(seed: 1_234_567)
        let published: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect(published.allSatisfy { $0 == random.next() })
    }

    @Test("the rows of a seed never change")
    func pinned() throws {
        let rows = try Sample(of: 1000, size: 5, RandomSource(seed: 7)).rows
        #expect(rows == [49, 217, 392, 757, 768])
        var random = RandomSource(seed: 7)
        #expect(random.permutation(of: 8) == [7, 4, 6, 1, 2, 5, 0, 3])
    }
}
