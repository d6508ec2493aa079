import Foundation
import Learning
import LearningSupport
import PythonEnvironment
import SystemPackage
import Tables
import Testing
import TextFormats

@Suite struct RankingTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write(Array(AnswersTable.text(questions: 200).utf8), to: "answers.csv")
    }

    private static let settings = """
        model: trees
        label: grade
        group: question
        cutoff: 5
        features: [match, length, noise]
        trees: {rounds: 40, depth: 3}

        """

    private func value(_ metric: Metric, _ rows: JudgedRows) -> Double? {
        Bootstrap(resamples: 0).measure(rows).first { $0.metric == metric }?.value
    }

    /// Rows of groups of different sizes, with few different predictions, so that many are equal.
    private func sample(_ groups: Int, seed: UInt64, cutoff: Int) -> JudgedRows {
        var random = SeededNumbers(seed: seed)
        var names: [Int] = []
        for group in 0..<groups { names += Array(repeating: group, count: 2 + random.below(15)) }
        for place in names.indices { names.swapAt(place, random.below(names.count)) }
        return JudgedRows(
            .scores, predictions: names.map { _ in Double(random.below(6)) },
            truth: names.map { _ in Double(max(0, random.below(7) - 3)) }, groups: RowGroups(names), cutoff: cutoff)
    }

    // MARK: Metrics

    @Test("the gain and the precision of rankings are scikit-learn's", arguments: [1, 3, 10])
    func equalsPeer(_ cutoff: Int) throws {
        let rows = sample(60, seed: 3, cutoff: cutoff)
        let groups = try #require(rows.groups)
        var lines: [Int32: (truth: [Double], predictions: [Double])] = [:]
        for (row, group) in groups.numbers.enumerated() {
            lines[group, default: ([], [])].truth.append(rows.truth[row])
            lines[group, default: ([], [])].predictions.append(rows.predictions[row])
        }
        let text = lines.values.map { "[\($0.truth), \($0.predictions)]\n" }.joined()
        let told = try JSON(
            parsing: Array(
                try PythonEnvironment.python("LearningTests/ranking.py", ["\(cutoff)"], input: Data(text.utf8)).utf8))
        for metric in [Metric.ndcg, .averagePrecision] {
            guard case .number(let expected) = told[metric.rawValue] else {
                Issue.record("scikit-learn tells no \(metric.rawValue)")
                continue
            }
            #expect(abs((value(metric, rows) ?? -1) - expected) < 1e-12)
        }
    }

    @Test("a first relevant row counts by its place, and a tie by the last of its places")
    func places() {
        // The relevant row is the second, stands with two others at the third, and is nowhere.
        let rows = JudgedRows(
            .scores, predictions: [3, 2, 1, 5, 5, 5, 1, 2], truth: [0, 1, 0, 0, 2, 0, 0, 0],
            groups: RowGroups(["a", "a", "a", "b", "b", "b", "c", "c"]), cutoff: 2)
        #expect(abs((value(.reciprocalRank, rows) ?? 0) - (1.0 / 2 + 1.0 / 3) / 2) < 1e-12)
        #expect(value(.hitRate, rows) == 0.5)
    }

    @Test("rows that are not ranked have no metrics of rankings, groups without relevant rows none at all")
    func none() {
        #expect(value(.ndcg, JudgedRows(.numbers, predictions: [1, 2], truth: [1, 0])) == nil)
        let rows = JudgedRows(
            .numbers, predictions: [1, 2], truth: [0, 0], groups: RowGroups([1, 1]))
        #expect(value(.ndcg, rows) == nil)
        #expect(value(.mae, rows) == 1.5)
    }

    @Test("intervals come of whole groups: rows that say the same again make nothing more certain")
    func intervals() throws {
        let few = sample(40, seed: 5, cutoff: 5)
        let groups = try #require(few.groups)
        func width(_ rows: JudgedRows, _ metric: Metric) throws -> Double {
            let measured = Bootstrap(resamples: 300, seed: 1).measure(rows, workers: 2)
            #expect(measured == Bootstrap(resamples: 300, seed: 1).measure(rows, workers: 1))
            let interval = try #require(measured.first { $0.metric == metric }?.interval)
            return interval.upperBound - interval.lowerBound
        }
        func judged(_ kind: JudgedRows.Kind, _ repeats: Int, _ groups: RowGroups?) -> JudgedRows {
            func again<Value>(_ values: [Value]) -> [Value] { (0..<repeats).flatMap { _ in values } }
            return JudgedRows(
                kind, predictions: again(few.predictions), truth: again(few.truth),
                groups: groups.map { RowGroups(again($0.numbers)) }, cutoff: 5)
        }
        let once = try width(judged(.numbers, 1, groups), .mae)
        let often = try width(judged(.numbers, 9, groups), .mae)
        #expect(abs(often / once - 1) < 0.01)
        // Without groups, nine times the rows look three times as certain.
        #expect(try width(judged(.numbers, 9, nil), .mae) < 0.5 * often)
        #expect(try width(few, .ndcg) > 0)
    }

    // MARK: Learning

    @Test("derivatives are those of the pairs' losses, weighed by what changing places would change")
    func gradient() {
        let groups = RowGroups([0, 1, 0, 0, 1, 0])
        let relevance: [Float] = [0, 1, 3, 1, 0, 0]
        let scores: [Float] = [0.5, -0.2, 0.1, -1, 0.3, 0.4]
        let (first, second) = RankingGradient(groups, relevance: relevance, cutoff: 3).derivatives(scores, workers: 2)
        for one in [[0, 2, 3, 5], [1, 4]] {
            let order = one.sorted { scores[$0] > scores[$1] }
            func gain(_ row: Int) -> Double { pow(2, Double(relevance[row])) - 1 }
            func discount(_ row: Int) -> Double {
                let place = order.firstIndex(of: row) ?? 0
                return place < 3 ? 1 / log2(Double(place + 2)) : 0
            }
            let ideal = one.map(gain).sorted(by: >).prefix(3).enumerated()
                .reduce(0.0) { $0 + $1.element / log2(Double($1.offset + 2)) }
            // The loss of the group's pairs, the weights as the scores at hand have them.
            func loss(_ moved: [Double]) -> Double {
                var sum = 0.0
                for better in one {
                    for worse in one where relevance[better] > relevance[worse] {
                        let change = abs((gain(better) - gain(worse)) * (discount(better) - discount(worse))) / ideal
                        sum += change * log(1 + exp(moved[worse] - moved[better]))
                    }
                }
                return sum
            }
            let start = scores.map { Double($0) }
            for row in one {
                let step = 1e-4
                func at(_ distance: Double) -> Double {
                    var moved = start
                    moved[row] += distance
                    return loss(moved)
                }
                #expect(abs((at(step) - at(-step)) / (2 * step) - Double(first[row])) < 1e-5)
                #expect(abs((at(step) - 2 * at(0) + at(-step)) / (step * step) - Double(second[row])) < 1e-4)
            }
        }
    }

    @Test("trees that rank learn the order within each group")
    func learns() throws {
        let trained = try FlightsTable.run(scratch, Self.settings, file: "answers.csv")
        #expect(trained.model.loss == .ndcg)
        #expect(trained.value(.ndcg) > 0.92, "\(trained.value(.ndcg))")
        #expect(trained.headline?.metrics.map(\.metric) == Metric.ofRankings)
        #expect(try #require(trained.history.last).trainingLoss < 0.5 * trained.history[0].trainingLoss)
        let interval = try #require(trained.headline?.metrics.first?.interval)
        #expect(interval.contains(trained.value(.ndcg)) && interval.lowerBound < interval.upperBound)
    }

    @Test("trees that rank are the same on any number of threads, and when growing was broken off")
    func sameBytes() throws {
        let configuration = try TrainingConfiguration(parsing: Array(Self.settings.utf8), file: "train.yaml")
        let place = try DataPlace(file: FilePath(scratch.file("answers.csv")), name: "answers.csv")
        for workers in 1...3 {
            try TrainingRun(place, configuration, workers: workers).train().write(
                to: FilePath(scratch.file("m\(workers)")))
        }
        let files = try FlightsTable.files(scratch, "m1")
        #expect(try FlightsTable.files(scratch, "m2") == files && FlightsTable.files(scratch, "m3") == files)
        struct Stop: Error {}
        let checkpoint = FilePath(scratch.file("checkpoint"))
        let run = try TrainingRun(place, configuration, workers: 2)
        #expect(throws: Stop.self) {
            try run.train(checkpoint: checkpoint, key: "k", progress: { if $0.epoch == 25 { throw Stop() } })
        }
        var resumed = 0
        try run.train(checkpoint: checkpoint, key: "k", resumed: { resumed = $0 }).write(
            to: FilePath(scratch.file("parts")))
        #expect(resumed == 20)
        #expect(try FlightsTable.files(scratch, "parts") == files)
    }

    @Test("a model of clicks is judged as a ranking too, beside what its label has")
    func classes() throws {
        let trained = try FlightsTable.run(
            scratch, "model: mlp\nlabel: click\ngroup: question\nfeatures: [match, length]\nhidden: [16]\nepochs: 60\n",
            file: "answers.csv")
        #expect(
            trained.headline?.metrics.map(\.metric) == [.auc, .accuracy, .logLoss, .brier] + Metric.ofRankings)
        #expect(trained.value(.ndcg) > 0.5, "\(trained.value(.ndcg))")
        #expect(trained.value(.hitRate) <= 1)
    }

    @Test(
        "what does not go with rankings is told",
        arguments: [
            ("label: grade\ncutoff: 3\n", "'cutoff' goes with 'group'"),
            ("label: grade\nmodel: trees\nloss: ndcg\n", "the loss 'ndcg' needs the key 'group'"),
            ("label: grade\nloss: ndcg\ngroup: question\n", "the loss 'ndcg' goes with the model 'trees'"),
            (
                "label: grade\nmodel: trees\ngroup: question\nweight: noise\n",
                "'weight' does not go with the loss 'ndcg'"
            ),
            ("label: length\nmodel: trees\ngroup: question\n", "how relevant they are, from 0 to 31, and one is -"),
            ("label: question\nmodel: logistic\ngroup: grade\n", "this label has 140 classes"),
        ])
    func problems(_ settings: String, _ message: String) {
        do {
            _ = try FlightsTable.run(scratch, settings, file: "answers.csv")
            Issue.record("it is taken")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }

    @Test("a row without a group is told")
    func noGroup() throws {
        let text = AnswersTable.text(questions: 20).replacing("\nq3,", with: "\n,")
        try scratch.write(Array(text.utf8), to: "gaps.csv")
        do {
            _ = try FlightsTable.run(scratch, Self.settings, file: "gaps.csv")
            Issue.record("it is taken")
        } catch LearningError.noGroup(let column, let row, _) {
            #expect(column == "question" && row == 4)
        }
    }

    @Test("trees that rank lose splits, and refuse a training afterwards that would not be theirs")
    func pruning() throws {
        let model = try FlightsTable.run(scratch, Self.settings, file: "answers.csv").model
        let place = try DataPlace(file: FilePath(scratch.file("answers.csv")), name: "answers.csv")
        let run = try TrainingRun(of: model, place, options: TableOptions(), workers: 2)
        _ = try model.pruned(Pruning(.splits, share: 0.3), by: run, rounds: 40)
        #expect {
            try model.pruned(Pruning(.splits, share: 0.3, epochs: 1), by: run, rounds: 40)
        } throws: {
            "\($0)".contains("trees that rank")
        }
    }
}
