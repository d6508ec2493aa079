import FileSystem
import SystemPackage
import TextFormats

/// What is kept of a training that goes on, so that it can be taken up after it was ended in the middle.
///
/// A file of tensors: the weights, what the optimizer remembers and the best epoch's weights; its metadata has the key
/// of the training and the epochs so far. It is replaced as a whole after an epoch, so that a kill leaves the last one.
package struct Checkpoint {
    /// Where it is.
    package let path: FilePath
    /// What tells the training: a digest of all that decides its result.
    package let key: String

    /// Names a checkpoint.
    package init(path: FilePath, key: String) { (self.path, self.key) = (path, key) }

    private static let format = "vintage checkpoint 1"

    /// Writes down how far a training is.
    package func save(_ trainer: Trainer) throws(FileError) {
        try save(step: trainer.optimizer.step, trainer.history, trainer.best) { writer in
            for (name, buffer) in Self.buffers(trainer) { writer.add(name, shape: [buffer.count], buffer.values) }
        }
    }

    /// Takes a training up where the checkpoint has it.
    ///
    /// - Returns: whether it did; a checkpoint of another training, or a damaged one, is of no use.
    package func resume(_ trainer: Trainer) throws(FileError) -> Bool {
        guard let found = try load() else { return false }
        var tensors: [(FloatBuffer, [Float])] = []
        for (name, buffer) in Self.buffers(trainer) {
            guard let values = try? found.file.floats(name, shape: [buffer.count]) else { return false }
            tensors.append((buffer, values))
        }
        for (buffer, values) in tensors { _ = buffer.values.update(fromContentsOf: values) }
        trainer.optimizer.step = found.step
        trainer.restore(history: found.history, best: found.best)
        return true
    }

    /// Writes down how far trees are grown.
    func save(_ trainer: TreeTrainer) throws {
        let state = try trainer.booster.state()
        try save(step: trainer.history.count, trainer.history, trainer.best) { writer in
            writer.add("trees", .uint8, shape: [state.count], state)
        }
    }

    /// Goes on growing trees where the checkpoint has it; as ``resume(_:)-(Trainer)``.
    func resume(_ trainer: TreeTrainer) throws -> Bool {
        guard let found = try load(), found.file["trees"]?.type == .uint8 else { return false }
        let state = try found.file.withBytes(of: "trees") { Array($0) }
        do {
            try trainer.restore(state, history: found.history, best: found.best)
        } catch LearningError.trees {
            return false
        }
        return true
    }

    private func save(
        step: Int, _ history: [EpochRecord], _ best: EpochRecord?, _ fill: (inout SafetensorsWriter) -> Void
    ) throws(FileError) {
        var state = JSONObject()
        state["step"] = JSON(step)
        state["best"] = best.map { JSON($0.epoch) } ?? .null
        state["epochs"] = JSON(history) { .object(Self.json($0)) }
        var writer = SafetensorsWriter(
            metadata: ["format": Self.format, "key": key, "state": JSON.object(state).line])
        fill(&writer)
        try path.removingLastComponent().makeDirectories()
        try path.replaceContents(with: writer.bytes())
    }

    private func load() throws(FileError) -> (
        file: SafetensorsFile, step: Int, history: [EpochRecord], best: EpochRecord?
    )? {
        guard let bytes = try path.contentsIfPresent(),
            let file = try? SafetensorsFile(parsing: bytes, name: "the checkpoint"),
            file.metadata["format"] == Self.format, file.metadata["key"] == key,
            let text = file.metadata["state"], let state = try? JSON(parsing: Array(text.utf8)),
            let step = state["step"].count, let epochs = state["epochs"].elements
        else { return nil }
        let history = epochs.compactMap(Self.record)
        if history.count != epochs.count { return nil }
        let best = state["best"].count.flatMap { number in history.first { $0.epoch == number } }
        return (file, Int(clamping: step), history, best)
    }

    /// Takes it away.
    package func remove() throws(FileError) { if path.exists { try path.remove() } }

    /// Takes away the checkpoints of trainings that were ended in the middle and not taken up again.
    ///
    /// - Parameters:
    ///   - folder: where checkpoints are.
    ///   - moment: how old one has to be: written before, in nanoseconds since 1970.
    ///   - dryRun: whether only to say what would go.
    /// - Returns: how many there were, and their bytes.
    package static func removeAbandoned(
        in folder: FilePath, before moment: Int64, dryRun: Bool
    ) throws(FileError) -> (count: Int, bytes: UInt64) {
        var (count, bytes) = (0, UInt64(0))
        guard try folder.status()?.kind == .directory else { return (0, 0) }
        for name in try Directory(folder).listing() {
            let path = folder.appending(String(decoding: name, as: UTF8.self))
            guard path.extension == "safetensors", let status = try path.status(), status.kind == .regular,
                status.modified < moment
            else { continue }
            if !dryRun { try path.remove() }
            count += 1
            bytes += UInt64(clamping: status.size)
        }
        return (count, bytes)
    }

    private static func buffers(_ trainer: Trainer) -> [(String, FloatBuffer)] {
        [
            ("weights", trainer.network.weights), ("first", trainer.optimizer.first),
            ("second", trainer.optimizer.second), ("best", trainer.bestWeights),
        ]
    }

    private static func json(_ record: EpochRecord) -> JSONObject {
        var object = JSONObject()
        object["epoch"] = JSON(record.epoch)
        object["step"] = JSON(record.step)
        object["rate"] = .number(record.learningRate)
        object["training"] = .number(record.trainingLoss)
        object["validation"] = record.validationLoss.map { .number($0) } ?? .null
        return object
    }

    private static func record(_ json: JSON) -> EpochRecord? {
        guard let epoch = json["epoch"].count, let step = json["step"].count, let rate = json["rate"].double,
            let training = json["training"].double
        else { return nil }
        return EpochRecord(
            epoch: Int(clamping: epoch), step: Int(clamping: step), learningRate: rate, trainingLoss: training,
            validationLoss: json["validation"].double)
    }
}

extension JSON {
    /// The number, if it is one, whole or not.
    var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .unsigned(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }
}
