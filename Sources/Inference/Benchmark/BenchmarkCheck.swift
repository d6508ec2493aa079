import Checks
import FileSystem
import ObjectStore
import TextFormats
import Workspace

extension Check {
    /// The checks of benchmarks.
    public static let benchmarkChecks: [Check] = [benchmarks]

    static let benchmarks = Check(
        id: "benchmarks", title: "Benchmarks found no slower or worse model, and are of the present ones",
        severity: .error,
        scopes: [.workspace],
        explanation: """
            Reads the results that 'vintage bench -o' has stored. One that found a version slower than its baseline, or worse, by more than was \
            allowed is an error: take the model back, or measure again if the change is wanted. One of another version of a model \
            than vintage.lock names says nothing of what is used now, and is a warning: measure again. Nothing is measured \
            here, because a machine that runs checks is seldom calm.
            """
    ) { context in
        let lock = try context.workspace.lock()
        let store = context.workspace.store
        var (findings, found): ([Finding], Int) = ([], 0)
        for entry in lock.entries {
            let name = RelativePath(unchecked: Array(BenchmarkReport.fileNames.report.utf8))
            // What the store lacks, as a partial clone's does, other checks tell.
            guard let root = try? store.snapshot(entry.snapshot).root,
                case .file(let file, _)? = try? store.node(at: name, below: root)
            else { continue }
            guard file.size < 1 << 24, let report = try? JSON(parsing: store.contents(of: file)),
                report["format"].string == "vintage-benchmark", report["version"].count == 1
            else { continue }
            found += 1
            for (message, severity) in problems(report, lock) {
                findings.append(Finding("\(entry.path): \(message)", severity: severity, artifact: entry.path))
            }
        }
        if found == 0 { throw NotApplicable("no benchmark is stored") }
        return findings
    }

    /// What a stored report says against the present models.
    private static func problems(_ report: JSON, _ lock: Lock) -> [(String, CheckSeverity)] {
        var problems: [(String, CheckSeverity)] = []
        let baseline = report["baseline"].string ?? ""
        for comparison in report["comparisons"].elements ?? []
        where comparison["verdict"].string == RegressionVerdict.regressed.rawValue {
            let (version, figure) = (comparison["version"].string ?? "", comparison["figure"].string ?? "")
            problems.append(
                (
                    "\(version) is slower than \(baseline) by more than is allowed (\(figure)); take it back, or measure "
                        + "again", .error
                ))
        }
        for loss in report["losses"].elements ?? []
        where loss["verdict"].string == RegressionVerdict.regressed.rawValue {
            let (version, metric) = (loss["version"].string ?? "", loss["metric"].string ?? "")
            problems.append(
                (
                    "\(version) predicts worse than \(baseline) by more than is allowed (\(metric)); take it back, or measure "
                        + "again", .error
                ))
        }
        for version in report["versions"].elements ?? [] {
            // A version that was named with its revision is what it is.
            guard let name = version["name"].string, let path = try? RelativePath(name),
                let measured = version["snapshot"].string, let present = lock[path],
                present.description != measured
            else { continue }
            problems.append(("it is of another version of \(name) than vintage.lock names; measure again", .warning))
        }
        return problems
    }
}
