import Foundation
import Learning
import LearningSupport
import Tables
import Testing

@Suite struct MetricTests {
    private func value(_ metric: Metric, _ rows: JudgedRows) -> Double? {
        Bootstrap(resamples: 0).measure(rows).first { $0.metric == metric }?.value
    }

    private func sample(_ count: Int, seed: UInt64) -> JudgedRows {
        var random = SeededNumbers(seed: seed)
        // Few different probabilities, so that many are equal.
        let predictions = (0..<count).map { _ in Double(random.below(12)) / 12 }
        return JudgedRows(
            .twoClasses, predictions: predictions, truth: predictions.map { _ in Double(random.below(2)) },
            weight: predictions.map { _ in Double(random.below(4)) })
    }

    @Test("the area under the curve is the share of pairs in the right order, ties counting half")
    func area() {
        for seed in 0..<20 as Range<UInt64> {
            let rows = sample(60, seed: seed)
            var (right, pairs) = (0.0, 0.0)
            for one in 0..<rows.count where rows.truth[one] == 1 {
                for other in 0..<rows.count where rows.truth[other] == 0 {
                    let weight = rows.weight[one] * rows.weight[other]
                    pairs += weight
                    if rows.predictions[one] > rows.predictions[other] { right += weight }
                    if rows.predictions[one] == rows.predictions[other] { right += weight / 2 }
                }
            }
            #expect(abs((value(.auc, rows) ?? -1) - right / pairs) < 1e-12)
        }
    }

    @Test("rows of one class have no area under the curve, and the other metrics all the same")
    func oneClass() {
        let rows = JudgedRows(.twoClasses, predictions: [0.2, 0.9], truth: [1, 1])
        #expect(value(.auc, rows) == nil)
        #expect(value(.accuracy, rows) == 0.5)
        #expect(Bootstrap().measure(JudgedRows(.twoClasses, predictions: [], truth: [])).isEmpty)
    }

    @Test("the metrics of two classes are those of their definitions")
    func twoClasses() {
        let rows = JudgedRows(
            .twoClasses, predictions: [0.8, 0.3, 0.5, 0], truth: [1, 0, 0, 1], weight: [1, 2, 1, 1])
        #expect(value(.accuracy, rows) == 3.0 / 5)
        let brier = (0.04 + 2 * 0.09 + 0.25 + 1) / 5
        #expect(abs((value(.brier, rows) ?? 0) - brier) < 1e-12)
        // A probability of 0 for what came true costs much, but not all.
        let cost = -(log(0.8) + 2 * log(0.7) + log(0.5) + log(1e-15)) / 5
        #expect(abs((value(.logLoss, rows) ?? 0) - cost) < 1e-9)
    }

    @Test("the metrics of several classes are those of their definitions")
    func severalClasses() {
        let rows = JudgedRows(
            .classes(3), predictions: [0.7, 0.2, 0.1, 0.3, 0.3, 0.4], truth: [0, 1])
        #expect(value(.accuracy, rows) == 0.5)
        #expect(abs((value(.logLoss, rows) ?? 0) + (log(0.7) + log(0.3)) / 2) < 1e-12)
        let brier = (0.09 + 0.04 + 0.01 + 0.09 + 0.49 + 0.16) / 2
        #expect(abs((value(.brier, rows) ?? 0) - brier) < 1e-12)
        #expect(value(.auc, rows) == nil)
    }

    @Test("the metrics of numbers are those of their definitions")
    func numbers() {
        let rows = JudgedRows(.numbers, predictions: [1, 2, 4], truth: [0, 2, 6])
        #expect(abs((value(.rmse, rows) ?? 0) - (5.0 / 3).squareRoot()) < 1e-12)
        #expect(value(.mae, rows) == 1)
        let variance: Double = (64.0 + 4 + 100) / 9
        #expect(abs((value(.r2, rows) ?? 0) - (1 - 5 / variance)) < 1e-12)
        #expect(value(.r2, JudgedRows(.numbers, predictions: [1, 2], truth: [3, 3])) == nil)
    }

    @Test("intervals are the same on any number of threads, follow the seed, and hold the value")
    func intervals() {
        let rows = sample(400, seed: 3)
        let one = Bootstrap(resamples: 100, seed: 5).measure(rows, workers: 1)
        #expect(one == Bootstrap(resamples: 100, seed: 5).measure(rows, workers: 4))
        #expect(one != Bootstrap(resamples: 100, seed: 6).measure(rows, workers: 4))
        for measured in one { #expect(measured.interval?.contains(measured.value) == true) }
    }

    @Test("95 of a hundred intervals hold the truth, give or take what chance allows")
    func coverage() {
        var random = SeededNumbers(seed: 17)
        var held = 0
        for number in 0..<200 as Range<UInt64> {
            // Accuracy 0.7 in truth.
            let truth = (0..<150).map { _ in random.below(10) < 7 ? 1.0 : 0.0 }
            let rows = JudgedRows(.twoClasses, predictions: truth.map { _ in 0.9 }, truth: truth)
            let measured = Bootstrap(resamples: 100, seed: number).measure(rows).first { $0.metric == .accuracy }
            if measured?.interval?.contains(0.7) == true { held += 1 }
        }
        // The chance of fewer than 170 or of all is below one in ten thousand.
        #expect((170..<200).contains(held), "\(held) of 200")
    }

    @Test("calibration compares what was said with what came true")
    func calibration() throws {
        let rows = JudgedRows(
            .twoClasses, predictions: [0.05, 0.05, 0.95, 1], truth: [0, 1, 1, 1], weight: [1, 1, 2, 2])
        let calibration = try #require(Calibration(rows))
        #expect(calibration.bins.map(\.count) == [2, 2])
        #expect(calibration.bins.map(\.low) == [0, 0.9])
        #expect(abs(calibration.bins[0].predicted - 0.05) < 1e-12 && calibration.bins[0].observed == 0.5)
        #expect(abs(calibration.bins[1].predicted - 0.975) < 1e-12 && calibration.bins[1].observed == 1)
        #expect(abs(calibration.error - (2 * 0.45 + 4 * 0.025) / 6) < 1e-12)
        #expect(Calibration(JudgedRows(.numbers, predictions: [1], truth: [1])) == nil)
    }

    @Test("slices find the rows that a mean hides")
    func slices() {
        let carriers = Column(strings: ["AA", "AA", "B6", nil, "AA", "B6"])
        let rows = JudgedRows(.twoClasses, predictions: [0.9, 0.8, 0.9, 0.1, 0.2, 0.3], truth: [1, 1, 0, 0, 0, 1])
        let table = SliceTable("carrier", values: carriers, rows, Bootstrap(resamples: 0), workers: 1)
        #expect(table.slices.map(\.value) == ["AA", "B6", ""])
        #expect(table.slices.map(\.count) == [3, 2, 1])
        let accuracies = table.slices.map { slice in slice.metrics.first { $0.metric == .accuracy }?.value }
        #expect(accuracies == [1, 0, 1])
    }

    @Test("a column of many numbers is sliced into ranges, all rows in one each")
    func ranges() {
        let values = Column((0..<100).map { $0 % 10 == 0 ? nil : Double($0) }, .float64)
        let rows = JudgedRows(
            .numbers, predictions: Array(repeating: 0, count: 100), truth: Array(repeating: 1, count: 100))
        let table = SliceTable("x", values: values, rows, Bootstrap(resamples: 0), workers: 1)
        #expect(table.slices.count == 5)
        #expect(table.slices.reduce(0) { $0 + $1.count } == 100)
        #expect(table.slices.contains { $0.value == "" && $0.count == 10 })
        #expect(table.slices.filter { $0.value != "" }.allSatisfy { (22...23).contains($0.count) })
        let unknown = SliceTable(
            "x", values: Column.nulls(.float64, count: 100), rows, Bootstrap(resamples: 0), workers: 1)
        #expect(unknown.slices.map(\.value) == [""])
    }
}
