import Foundation
import Learning
import SystemPackage
import Tables

/// A table of made-up flights, whose delay follows from a few of its columns.
package enum FlightsTable {
    package static let carriers = ["AA", "B6", "DL", "UA"]

    /// A CSV file: 70% of the rows to learn from, then 10% and 20% to judge by.
    package static func text(rows: Int, seed: UInt64 = 1) -> String {
        var random = SeededNumbers(seed: seed)
        var text = "id,time,carrier,temp,wind,flag,late,delay,size,split\n"
        for row in 0..<rows {
            let carrier = random.below(4)
            let temp = 40 * random.signed()
            let wind = random.below(9) == 0 ? nil : 20 * abs(random.signed())
            let flag = random.below(2) == 1
            let delay = 2 * temp + 3 * (wind ?? 10) + [0, 30, -30, 60][carrier] + (flag ? 5 : 0) + 5 * random.signed()
            let part = row < rows * 7 / 10 ? "train" : row < rows * 8 / 10 ? "validation" : "test"
            let moment = 1_357_000_000 + 3600 * row
            let fields = [
                "N\(row)", "\(Date(timeIntervalSince1970: Double(moment)).ISO8601Format())", carriers[carrier],
                "\(temp)",
                wind.map { "\($0)" } ?? "", "\(flag)", "\(delay > 30)", "\(delay)",
                delay > 90 ? "big" : delay > 0 ? "mid" : "small",
                part,
            ]
            text += fields.joined(separator: ",") + "\n"
        }
        return text
    }

    /// Trains on a table.
    package static func run(
        _ scratch: ScratchFolder, _ settings: String, file: String = "flights.csv", workers: Int = 2
    ) throws -> TrainedModel {
        let configuration = try TrainingConfiguration(parsing: Array(settings.utf8), file: "train.yaml")
        let place = try DataPlace(file: FilePath(scratch.file(file)), name: file)
        return try TrainingRun(place, configuration, options: TableOptions(naiveTimestamps: .kept), workers: workers)
            .train()
    }

    /// The files of a folder, by name.
    package static func files(_ scratch: ScratchFolder, _ folder: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.file(folder)) {
            files[name] = try scratch.read("\(folder)/\(name)")
        }
        return files
    }
}

extension TrainedModel {
    /// A metric of a part.
    package func value(_ metric: Metric, _ part: RowPart = .test) -> Double {
        reports.first { $0.part == part }?.metrics.first { $0.metric == metric }?.value ?? .nan
    }
}
