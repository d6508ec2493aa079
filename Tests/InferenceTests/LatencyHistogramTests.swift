import Inference
import LearningSupport
import Testing

@Suite struct LatencyHistogramTests {
    @Test(
        "a quantile is within 1/256 of the one that sorting finds, from nanoseconds to minutes", arguments: [1, 2, 3])
    func quantiles(_ seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var histogram = LatencyHistogram()
        var values: [UInt64] = []
        for _ in 0..<5000 {
            let value = (UInt64(random.below(1 << 31)) >> UInt64(random.below(31))) << UInt64(random.below(6))
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        #expect(histogram.count == 5000)
        for share in [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = Double(values[max(0, Int((share * 5000).rounded(.up)) - 1)])
            #expect(abs(histogram.quantile(share) - exact) <= exact / 256, "\(share): \(exact)")
        }
        let mean = values.reduce(0.0) { $0 + Double($1) } / 5000
        #expect(abs(histogram.mean - mean) < mean * 1e-9)
        #expect(histogram.quantile(1) == Double(values[4999]) && histogram.longest == values[4999])
    }

    @Test("latencies below 256 ns are told exactly, and the longest that there is counts too")
    func ends() {
        for value: UInt64 in [0, 1, 127, 128, 255] {
            var histogram = LatencyHistogram()
            histogram.record(value)
            histogram.record(1 << 20)
            #expect(histogram.quantile(0.5) == Double(value))
        }
        var histogram = LatencyHistogram()
        histogram.record(.max)
        #expect(histogram.quantile(0.5) == Double(UInt64.max))
    }

    @Test("histograms that are put together are the histogram of all")
    func adding() {
        var (one, two, all) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value: UInt64 in [5, 900, 70_000, 3, 1 << 40, 12] {
            if value % 2 == 0 { one.record(value) } else { two.record(value) }
            all.record(value)
        }
        var sum = one
        sum.add(two)
        #expect(sum == all)
        two.add(one)
        #expect(two == all)
    }

    @Test("a histogram of nothing has no latency")
    func empty() {
        #expect(LatencyHistogram().quantile(0.99) == 0 && LatencyHistogram().mean == 0)
    }
}
