import TextFormats

extension TrainingConfiguration {
    /// The settings that a model was trained with, as it has recorded them.
    ///
    /// - Parameters:
    ///   - record: what ``describe()`` has made.
    ///   - file: what messages call the model's file.
    /// - Throws: ``LearningError/malformedModel(file:reason:)`` for what is no record.
    package init(recorded record: JSON, file: String) throws(LearningError) {
        guard let seed = record["seed"].count, let kind = record["model"].string.flatMap(ModelKind.init) else {
            throw .malformedModel(file: file, reason: "it does not tell the settings of the training")
        }
        // Said of every model, but taken of some only.
        var foreign: Set<String> = kind == .mlp ? [] : ["hidden", "activation", "dropout"]
        if kind == .trees {
            foreign.formUnion(["impute", "scale", "indicators", "optimizer", "batch_size", "epochs"])
        }
        var settings = JSONObject()
        if case .object(let object) = record {
            for (key, value) in object.members where key != "seed" && !foreign.contains(key) {
                guard let value = Self.setting(key, value) else { continue }
                settings[key] = value
            }
        }
        do {
            try self.init(parsing: Array(JSON.object(settings).line.utf8), file: file, seed: seed)
        } catch {
            throw .malformedModel(file: file, reason: "it does not tell the settings of the training: \(error)")
        }
    }

    /// A value as a file of settings would have it; `nil` for one that says nothing.
    private static func setting(_ key: String, _ value: JSON) -> JSON? {
        switch value {
        case .null: return nil
        case .object(let object):
            var kept = JSONObject()
            for (key, value) in object.members {
                if let value = setting(key, value) { kept[key] = value }
            }
            return .object(kept)
        default:
            // A span of time is recorded in seconds.
            return ["horizon", "embargo"].contains(key) ? value.count.map { .string("\($0)s") } : value
        }
    }
}
