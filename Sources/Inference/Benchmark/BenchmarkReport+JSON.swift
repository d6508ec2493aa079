import Learning
import TextFormats

extension LatencyHistogram {
    /// The quantiles that are told, with their names.
    package static let quantiles: [(name: String, share: Double)] = [
        ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999),
    ]

    /// For scripts: in nanoseconds.
    var json: JSONObject {
        var object = JSONObject()
        object["calls"] = JSON(count)
        object["mean"] = JSON(mean)
        for (name, share) in Self.quantiles { object[name] = JSON(quantile(share)) }
        object["max"] = JSON(longest)
        return object
    }
}

extension BenchmarkReport {
    /// For scripts, and as it is stored. Times are in nanoseconds.
    package var json: JSONObject {
        var object = JSONObject()
        object["format"] = .string("vintage-benchmark")
        object["version"] = .integer(1)
        object["machine"] = .object(machine.json)
        object["data"] = .string(data)
        object["rows"] = JSON(rowCount)
        object["rounds"] = JSON(rounds)
        object["clock_starts"] = .string(settings.isPrepared ? "after preprocessing" : "before preprocessing")
        if let trace = settings.trace {
            var described = JSONObject()
            described["requests"] = JSON(trace.sizes.count)
            for (name, share) in LatencyHistogram.quantiles { described[name] = JSON(trace.quantile(share)) }
            described["max"] = JSON(trace.quantile(1))
            object["trace"] = .object(described)
        }
        object["versions"] = JSON(versions) { .object($0.json) }
        if let baseline {
            object["baseline"] = .string(baseline)
            if let gate { object["max_regression"] = JSON(gate.limit) }
            object["comparisons"] = JSON(comparisons) { .object($0.json) }
            if let accuracyGate { object["max_loss"] = JSON(accuracyGate.limit) }
            object["losses"] = JSON(losses) { .object($0.json) }
            object["regressed"] = .bool(hasRegressed)
        }
        object["warnings"] = JSON(warnings) { .string($0) }
        return object
    }
}

extension BenchmarkReport.Version {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["name"] = .string(name)
        object["snapshot"] = JSON(input?.snapshot.description)
        object["kind"] = .string(kind.rawValue)
        object["load_time"] = JSON(loadTime)
        object["peak_memory"] = peakMemory.map { JSON($0) } ?? .null
        object["bytes"] = JSON(bytes)
        object["one_row"] = .object(rowLatency.json)
        if let requestLatency { object["requests"] = .object(requestLatency.json) }
        object["throughput"] = JSON(throughput) { shape, rate in
            var object = JSONObject()
            object["batch"] = JSON(shape.rows)
            object["threads"] = JSON(shape.threads)
            object["rows_per_second"] = JSON(rate)
            return .object(object)
        }
        object["load"] = JSON(loads) { rate, result in
            var object = result.latencies.json
            object["rate"] = JSON(rate)
            object["unanswered"] = JSON(result.unanswered)
            return .object(object)
        }
        object["metrics"] = .object(metrics.json)
        return object
    }
}

extension BenchmarkReport.AccuracyLoss {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["version"] = .string(version)
        object["metric"] = .string(metric.rawValue)
        object["loss"] = JSON(value)
        object["low"] = JSON(interval.lowerBound)
        object["high"] = JSON(interval.upperBound)
        object["verdict"] = .string(verdict.rawValue)
        return object
    }
}

extension BenchmarkReport.Comparison {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["version"] = .string(version)
        object["figure"] = .string(figure)
        object["ratio"] = JSON(ratio.value)
        object["low"] = JSON(ratio.low)
        object["high"] = JSON(ratio.high)
        object["verdict"] = .string(verdict.rawValue)
        return object
    }
}
