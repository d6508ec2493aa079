import FileSystem
import Learning
import Splits
import Synchronization
import Tables

/// Measures versions of models side by side: how fast, how large and how right they are on the same rows.
///
///     let benchmark = try Benchmark([place, older], data: rows, settings, workers: 2)
///     let report = benchmark.run(baseline: 1, gate: RegressionGate(limit: 0.05))
///
/// In each round every version is measured, one right after the other and every other round in the reverse order, so that what
/// the machine does meanwhile meets all alike.
public struct Benchmark: Sendable {
    private let subjects: [BenchmarkSubject]
    private let versions: [BenchmarkReport.Version]
    private let settings: BenchmarkSettings
    private let sizes: [Int]
    private let dataName: String
    private let rowCount: Int
    /// What each version predicts of all rows; `nil` where they have no label.
    private let judged: [JudgedRows?]
    private let workers: Int
    private let clock = MonotonicClock()

    /// One thing that is measured in each round.
    private enum Work {
        /// Calls one after the other, each timed: of one row, or of the trace's requests.
        case calls(sizes: [Int], isTrace: Bool)
        /// Calls of threads, timed together.
        case throughput(BenchmarkReport.Shape)
    }

    /// How many rows are drawn for requests at least.
    private static let poolRows = 4096
    /// How many of a trace's requests take turns.
    private static let traceRequests = 1 << 16
    /// How often a model is loaded, for the time it takes.
    private static let loads = 5

    /// Loads the versions and the rows.
    ///
    /// - Parameters:
    ///   - places: where the models are.
    ///   - source: the rows; those columns that a model takes are held in memory whole, and the label if it is there.
    ///   - options: how the rows are read.
    /// - Throws: ``InferenceError``, `LearningError`, `TableError`.
    public init(
        _ places: [DataPlace], data source: DataPlace, _ settings: BenchmarkSettings,
        options: TableOptions = TableOptions(), workers: Int = 1
    ) throws {
        (self.settings, self.workers) = (settings, workers)
        (dataName, sizes) = (source.name, settings.batchSizes)
        let reader = try source.table(options)
        let models = try places.map { try Model($0) }
        var names: [String] = []
        for model in models {
            let judging = ([model.label] + [model.ranking?.group].compactMap { $0 }).filter { reader.schema[$0] != nil }
            for name in model.preprocessing.columns + judging where !names.contains(name) { names.append(name) }
        }
        let data = try reader.read(names, workers: workers)
        if data.count == 0 { throw InferenceError.misuse("\(source.name) has no rows to measure with") }
        rowCount = data.count
        var taken = Set(sizes + [1])
        if let trace = settings.trace { taken.formUnion(trace.sizes.prefix(Self.traceRequests)) }
        let largest = max(Self.poolRows, taken.max() ?? 1)
        let pool = data.drawn(largest, seed: settings.seed)
        var times = places.map { _ in [Double]() }
        for _ in 0..<Self.loads {
            for (number, place) in places.enumerated() {
                let start = clock.now()
                _ = try Predictor(Model(place))
                times[number].append(Double(clock.now() - start))
            }
        }
        var (subjects, versions): ([BenchmarkSubject], [BenchmarkReport.Version]) = ([], [])
        var judged: [JudgedRows?] = []
        for (number, place) in places.enumerated() {
            let first = pool.slice(0..<min(pool.count, sizes.max() ?? 1))
            let peak = try ProcessMemory.peak {
                _ = try Predictor(Model(place)).predict(first, table: source.name)
            }
            let subject = try BenchmarkSubject(
                place, rows: pool, table: source.name, sizes: taken, isPrepared: settings.isPrepared)
            let rows = try Self.judged(subject.predictor, data, table: source.name, workers: workers)
            subjects.append(subject)
            judged.append(rows)
            versions.append(
                BenchmarkReport.Version(
                    name: place.name, input: place.input, kind: subject.predictor.model.kind,
                    loadTime: times[number].sorted()[Self.loads / 2], peakMemory: peak,
                    bytes: try Model.size(of: place),
                    metrics: rows.map { Bootstrap().measure($0, workers: workers) } ?? []))
        }
        (self.subjects, self.versions, self.judged) = (subjects, versions, judged)
    }

    /// What a model predicts; `nil` where the rows have no label.
    private static func judged(
        _ predictor: Predictor, _ data: RecordBatch, table: String, workers: Int
    ) throws -> JudgedRows? {
        guard let label = data[predictor.model.label] else { return nil }
        let coding = predictor.model.coding
        let target = try coding.target(of: label, name: predictor.model.label, table: table) { $0 }
        var truth = target.map { Double($0) }
        if case .number = coding { truth = label.numbers() ?? truth }
        let predictions = try predictor.predict(data, table: table, workers: workers)
        let model = predictor.model
        var groups: RowGroups?
        if let ranking = model.ranking, let column = data[ranking.group] {
            groups = try ranking.groups(of: column, table: table) { $0 }
        }
        return JudgedRows(
            model.judgedKind, predictions: predictions, truth: truth, groups: groups, cutoff: model.ranking?.cutoff ?? 1
        )
    }

    // MARK: Measuring

    /// Measures all versions.
    ///
    /// - Parameters:
    ///   - baseline: the number of the version that others are held against.
    ///   - gate: what they may not be slower by.
    ///   - accuracyGate: what they may not be less right by.
    public func run(
        baseline: Int? = nil, gate: RegressionGate? = nil, accuracyGate: AccuracyGate? = nil
    ) -> BenchmarkReport {
        var works = [Work.calls(sizes: [1], isTrace: false)]
        if let trace = settings.trace {
            works.append(.calls(sizes: Array(trace.sizes.prefix(Self.traceRequests)), isTrace: true))
        }
        for threads in settings.threads {
            for rows in sizes { works.append(.throughput(.init(rows: rows, threads: threads))) }
        }
        var versions = versions
        var samples = Samples(count: versions.count)
        for work in works { for number in subjects.indices { _ = measure(work, number, round: 0, &versions[number]) } }
        for number in versions.indices {
            (versions[number].rowLatency, versions[number].requestLatency) = (.init(), nil)
        }
        var rounds = 0
        repeat {
            for work in works {
                for place in subjects.indices {
                    let number = rounds % 2 == 0 ? place : subjects.count - 1 - place
                    samples.add(measure(work, number, round: rounds, &versions[number]), of: number)
                }
            }
            rounds += 1
        } while !isEnough(rounds, samples, baseline, gate)
        for number in versions.indices {
            versions[number].throughput = samples.throughput(of: number)
            versions[number].loads = []
        }
        for rate in rates(versions) {
            for number in subjects.indices {
                versions[number].loads.append((rate, load(rate, subjects[number])))
            }
        }
        var comparisons: [BenchmarkReport.Comparison] = []
        if let baseline {
            for number in versions.indices where number != baseline {
                comparisons += samples.ratios(of: number, to: baseline).map { figure, ratio in
                    .init(
                        version: versions[number].name, figure: figure.text, ratio: ratio,
                        verdict: (gate ?? RegressionGate(limit: .infinity)).verdict(ratio))
                }
            }
        }
        return BenchmarkReport(
            machine: MachineDescription(), data: dataName, rowCount: rowCount, settings: settings, versions: versions,
            rounds: rounds, baseline: baseline.map { versions[$0].name }, gate: gate, comparisons: comparisons,
            accuracyGate: accuracyGate, losses: baseline.map { losses(to: $0, accuracyGate) } ?? [], warnings: warnings)
    }

    /// How right the other versions are beside the baseline.
    private func losses(to baseline: Int, _ gate: AccuracyGate?) -> [BenchmarkReport.AccuracyLoss] {
        versions.indices.compactMap { number in
            guard number != baseline, var new = judged[number], var old = judged[baseline], new.truth == old.truth
            else { return nil }
            if new.groups != old.groups { (new, old) = (new.withoutGroups, old.withoutGroups) }
            for metric in Metric.deciding {
                guard let loss = Bootstrap().loss(of: new, to: old, metric, workers: workers) else { continue }
                let verdict = (gate ?? AccuracyGate(limit: .infinity)).verdict(loss.value, loss.interval)
                return .init(
                    version: versions[number].name, metric: metric, value: loss.value, interval: loss.interval,
                    verdict: verdict)
            }
            return nil
        }
    }

    private var warnings: [String] {
        var warnings: [String] = []
        if let warning = settings.trace?.warning(batchSizes: sizes) { warnings.append(warning) }
        if let largest = sizes.max(), largest > rowCount {
            warnings.append(
                "\(dataName) has \(rowCount) rows, so that batches of \(largest) have the same ones several times")
        }
        return warnings
    }

    /// Whether there were enough rounds: as many as are wanted, and with a gate until they tell.
    private func isEnough(_ rounds: Int, _ samples: Samples, _ baseline: Int?, _ gate: RegressionGate?) -> Bool {
        if rounds < settings.rounds { return false }
        guard let baseline, let gate, rounds < settings.mostRounds else { return true }
        return subjects.indices.allSatisfy { number in
            number == baseline
                || samples.ratios(of: number, to: baseline).allSatisfy { figure, ratio in
                    figure.isTail || gate.isDecided(ratio)
                }
        }
    }

    /// Measures one thing of one version for a slice of time.
    private func measure(
        _ work: Work, _ number: Int, round: Int, _ version: inout BenchmarkReport.Version
    ) -> [(BenchmarkFigure, Double)] {
        let subject = subjects[number]
        let slice = UInt64(settings.slice * 1e9)
        switch work {
        case .calls(let sizes, let isTrace):
            var latencies = LatencyHistogram()
            var call = round * 7919
            let end = clock.now() + slice
            var before: UInt64
            repeat {
                before = clock.now()
                subject.answer(call, size: sizes[call % sizes.count])
                latencies.record(clock.now() - before)
                call += 1
            } while before < end
            if isTrace {
                version.requestLatency = version.requestLatency ?? LatencyHistogram()
                version.requestLatency?.add(latencies)
            } else {
                version.rowLatency.add(latencies)
            }
            return [
                (.latency(isTrace: isTrace, isTail: false), latencies.quantile(0.5)),
                (.latency(isTrace: isTrace, isTail: true), latencies.quantile(0.99)),
            ]
        case .throughput(let shape):
            let rows = Atomic(0)
            let start = clock.now()
            let end = start + slice
            inParallel(shape.threads, workers: shape.threads) { thread in
                var calls = 0
                repeat {
                    subject.answer(round + thread + calls, size: shape.rows)
                    calls += 1
                } while clock.now() < end
                rows.add(calls * shape.rows, ordering: .relaxed)
            }
            return [(.time(shape), Double(clock.now() - start) / Double(rows.load(ordering: .relaxed)))]
        }
    }

    // MARK: Load

    /// The rates of the open loops: those that are wanted, else such that the slowest version can answer.
    private func rates(_ versions: [BenchmarkReport.Version]) -> [Double] {
        if !settings.rates.isEmpty { return settings.rates }
        let capacity = versions.map { version -> Double in
            // How much more threads do together than one is known of single rows.
            let together = version.throughput.first { $0.shape == .init(rows: 1, threads: loadThreads) }
            if settings.trace == nil, let together { return together.rowsPerSecond }
            return Double(loadThreads) * 1e9 / max(1, (version.requestLatency ?? version.rowLatency).mean)
        }.min()
        guard let capacity else { return [] }
        return [0.5, 0.9].map { Self.twoDigits($0 * capacity) }
    }

    private var loadThreads: Int { settings.threads.last ?? 1 }

    /// The number with two digits that count, rounded down.
    static func twoDigits(_ value: Double) -> Double {
        var unit = 1.0
        while value / unit >= 100 { unit *= 10 }
        return max(1, (value / unit).rounded(.down) * unit)
    }

    private func load(_ rate: Double, _ subject: BenchmarkSubject) -> LoadResult {
        let requests = settings.trace.map { Array($0.sizes.prefix(Self.traceRequests)) } ?? [1]
        let loop = OpenLoop(rate: rate, duration: UInt64(settings.loadSeconds * 1e9), workers: loadThreads)
        return loop.run(clock) { subject.answer($0, size: requests[$0 % requests.count]) }
    }
}
