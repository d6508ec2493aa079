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
        var state = JSONObject()
        state["step"] = JSON(trainer.optimizer.step)
        state["best"] = trainer.best.map { JSON($0.epoch) } ?? .null
        state["epochs"] = JSON(trainer.history) { .object(Self.json($0)) }
        var writer = SafetensorsWriter(
            metadata: ["format": Self.format, "key": key, "state": JSON.object(state).line])
        for (name, buffer) in Self.buffers(trainer) { writer.add(name, shape: [buffer.count], buffer.values) }
        try path.removingLastComponent().makeDirectories()
        try path.replaceContents(with: writer.bytes())
    }

    /// Takes a training up where the checkpoint has it.
    ///
    /// - Returns: whether it did; a checkpoint of another training, or a damaged one, is of no use.
    package func resume(_ trainer: Trainer) throws(FileError) -> Bool {
        guard let bytes = try path.contentsIfPresent(),
            let file = try? SafetensorsFile(parsing: bytes, name: "the checkpoint"),
            file.metadata["format"] == Self.format, file.metadata["key"] == key,
            let text = file.metadata["state"], let state = try? JSON(parsing: Array(text.utf8)),
            let step = state["step"].count, let epochs = state["epochs"].elements
        else { return false }
        var history: [EpochRecord] = []
        for epoch in epochs {
            guard let record = Self.record(epoch) else { return false }
            history.append(record)
        }
        var found: [(FloatBuffer, [Float])] = []
        for (name, buffer) in Self.buffers(trainer) {
            guard let values = try? file.floats(name, shape: [buffer.count]) else { return false }
            found.append((buffer, values))
        }
        let best = state["best"].count.flatMap { number in history.first { $0.epoch == number } }
        for (buffer, values) in found { _ = buffer.values.update(fromContentsOf: values) }
        trainer.optimizer.step = Int(clamping: step)
        trainer.restore(history: history, best: best)
        return true
    }

    /// Takes it away.
    package func remove() throws(FileError) { if path.exists { try path.remove() } }

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
