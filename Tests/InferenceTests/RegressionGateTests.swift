import Inference
import LearningSupport
import Testing

/// Rounds of made-up times: no clock is asked.
@Suite struct RegressionGateTests {
    /// A machine on which every round is slower or faster than the last (it drifts), each measurement is a little off, and one in ten is
    /// disturbed for long.
    private struct Machine {
        var random: SeededNumbers
        var speed = 1.0

        /// The times of both versions in a round.
        mutating func round(baseline: Double, candidate: Double) -> (Double, Double) {
            speed *= 1 + 0.04 * Double(random.signed())
            func time(_ value: Double) -> Double {
                let noise = 1 + 0.02 * Double(random.signed())
                return value * speed * noise * (random.below(10) == 0 ? 1.5 : 1)
            }
            return (time(baseline), time(candidate))
        }
    }

    /// Rounds until they tell, as a benchmark runs them.
    private static func ratio(_ slowdown: Double, seed: UInt64, gate: RegressionGate) -> PairedRatio {
        var machine = Machine(random: SeededNumbers(seed: seed))
        var (baseline, candidate): ([Double], [Double]) = ([], [])
        while true {
            let (old, new) = machine.round(baseline: 1000, candidate: 1000 * slowdown)
            baseline.append(old)
            candidate.append(new)
            if baseline.count < 15 { continue }
            let ratio = PairedRatio(candidate, to: baseline)
            if gate.isDecided(ratio) || baseline.count == 60 { return ratio }
        }
    }

    private static let gate = RegressionGate(limit: 0.05)

    @Test("a version that is a tenth slower is caught on a machine that drifts", arguments: 1...20)
    func planted(_ seed: UInt64) {
        let ratio = Self.ratio(1.1, seed: seed, gate: Self.gate)
        #expect(Self.gate.verdict(ratio) == .regressed, "\(ratio)")
        #expect(ratio.low < ratio.value && ratio.value < ratio.high)
    }

    @Test("twenty repeats of the same version pass", arguments: 101...120)
    func same(_ seed: UInt64) {
        let ratio = Self.ratio(1, seed: seed, gate: Self.gate)
        #expect(Self.gate.verdict(ratio) == .within, "\(ratio)")
    }

    @Test("a version that is faster passes")
    func faster() {
        #expect(Self.gate.verdict(Self.ratio(0.8, seed: 1, gate: Self.gate)) == .within)
    }

    @Test("a drift of the machine is no difference of versions, because each round compares its own")
    func drift() {
        let baseline = (0..<20).map { 100 * (1 + Double($0) / 2) }
        let ratio = PairedRatio(baseline.map { $0 * 1.02 }, to: baseline)
        #expect(abs(ratio.value - 1.02) < 1e-12 && abs(ratio.low - 1.02) < 1e-12 && abs(ratio.high - 1.02) < 1e-12)
    }

    @Test("rounds that differ too much to tell are no regression, and are not called fine either")
    func unclear() {
        let baseline = [Double](repeating: 100, count: 16)
        let candidate = (0..<16).map { $0 % 2 == 0 ? 90.0 : 140.0 }
        let ratio = PairedRatio(candidate, to: baseline)
        #expect(Self.gate.verdict(ratio) == .unclear && !Self.gate.isDecided(ratio), "\(ratio)")
    }

    @Test("the same rounds give the same interval")
    func seeded() {
        let (one, two) = ([1, 2, 3, 4.5, 3, 2], [1.5, 2, 2.5, 4, 3, 1])
        #expect(PairedRatio(one, to: two) == PairedRatio(one, to: two))
        let (ratio, other) = (PairedRatio(one, to: two), PairedRatio(two, to: one))
        #expect(abs(ratio.value * other.value - 1) < 1e-12)
    }
}
