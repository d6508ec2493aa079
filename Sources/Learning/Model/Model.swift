import TextFormats

/// A model that was trained: what it takes, what it does, what it predicts.
///
///     let model = try Model(DataPlace("models/late@v3", path, in: workspace))
///     let predictions = try model.predict(batch, table: "flights.parquet")
///
/// As an artifact it is a folder:
///
/// | file | what it has |
/// | --- | --- |
/// | `model.json` | the kind, the label, the loss, the network's shape, the settings |
/// | `preprocessing.json` | what is done to each column first |
/// | `weights.safetensors` | the weights |
/// | `metrics.json` | how good it is, by part and by slice |
/// | `curves.csv` | the losses, epoch by epoch |
public struct Model: Sendable {
    /// The kind of model.
    public let kind: ModelKind
    /// The column that is predicted.
    public let label: String
    /// How the label is written as numbers.
    public let coding: TargetCoding
    /// What was made small.
    public let loss: Loss
    /// What is done to the columns first.
    public let preprocessing: Preprocessing
    /// The network.
    package let network: Network
    /// The settings that it was trained with.
    let settings: JSON

    /// The names of the files.
    enum FileName {
        static let model = "model.json"
        static let preprocessing = "preprocessing.json"
        static let weights = "weights.safetensors"
        static let metrics = "metrics.json"
        static let curves = "curves.csv"
        static let all = [model, preprocessing, weights, metrics, curves]
    }

    init(
        kind: ModelKind, label: String, coding: TargetCoding, loss: Loss, preprocessing: Preprocessing,
        network: Network, settings: JSON
    ) {
        (self.kind, self.label, self.coding, self.loss) = (kind, label, coding, loss)
        (self.preprocessing, self.network, self.settings) = (preprocessing, network, settings)
    }

    // MARK: Predicting

    /// What the model says of rows, in the units of the label: a number for each, or the probability of the second of
    /// two classes, or the probability of each class, row by row.
    package func predict(_ matrix: FeatureMatrix, workers: Int) -> [Double] {
        var outputs = network.outputs(of: matrix, workers: workers)
        let width = coding.outputs
        let predictions = outputs.withUnsafeMutableBufferPointer { loss.predictions($0, width: width) }
        if case .number(let shift, let scale) = coding { return predictions.map { $0 * scale + shift } }
        return predictions
    }

    // MARK: Files

    /// `model.json`.
    var json: JSONObject {
        var object = JSONObject()
        object["format"] = .string("vintage-model")
        object["version"] = .integer(1)
        object["kind"] = .string(kind.rawValue)
        object["label"] = .string(label)
        object["coding"] = coding.json
        object["loss"] = .string(loss.rawValue)
        let shape = network.architecture
        var described = JSONObject()
        described["numbers"] = JSON(shape.numbers)
        described["tables"] = JSON(shape.tables) { table in
            var object = JSONObject()
            object["column"] = .string(table.name)
            object["rows"] = JSON(table.rows)
            object["dimension"] = JSON(table.dimension)
            return .object(object)
        }
        described["hidden"] = JSON(shape.hidden) { JSON($0) }
        described["activation"] = .string(shape.activation.rawValue)
        described["outputs"] = JSON(shape.outputs)
        object["network"] = .object(described)
        object["settings"] = settings
        return object
    }

    /// `weights.safetensors`.
    var weights: [UInt8] {
        var writer = SafetensorsWriter(metadata: ["format": "vintage-model", "version": "1"])
        for part in network.parts { writer.add(part.name, shape: part.shape, network.weights[part.range]) }
        return writer.bytes()
    }

    /// Reads a model.
    ///
    /// - Throws: ``LearningError/malformedModel(file:reason:)``, ``SafetensorsError``, what keeps the files from being
    ///   read.
    public init(_ place: DataPlace) throws {
        func read(_ name: String) throws -> (bytes: [UInt8], file: String) {
            let file = "\(place.name)/\(name)"
            guard let bytes = try place.contents(of: name) else {
                throw LearningError.malformedModel(file: file, reason: "it is not there")
            }
            return (bytes, file)
        }
        func parsed(_ name: String) throws -> (json: JSON, file: String) {
            let (bytes, file) = try read(name)
            do throws(JSONSyntaxError) {
                return (try JSON(parsing: bytes), file)
            } catch {
                throw LearningError.malformedModel(file: file, reason: error.description)
            }
        }
        let (json, file) = try parsed(FileName.model)
        let (fitted, fittedFile) = try parsed(FileName.preprocessing)
        preprocessing = try Preprocessing(fitted, file: fittedFile)
        guard json["format"].string == "vintage-model", json["version"].count == 1 else {
            throw LearningError.malformedModel(file: file, reason: "it is no model of version 1")
        }
        guard let kind = json["kind"].string.flatMap(ModelKind.init), let label = json["label"].string,
            let loss = json["loss"].string.flatMap(Loss.init), let coding = TargetCoding(json["coding"]),
            let shape = Architecture(json["network"]), coding.isForClasses == loss.isForClasses,
            shape.outputs == coding.outputs, (loss == .softmax) == (shape.outputs > 1)
        else {
            throw LearningError.malformedModel(file: file, reason: "what it says of the model does not fit together")
        }
        let tables = zip(preprocessing.categories, shape.tables)
        guard shape.numbers == preprocessing.width, shape.tables.count == preprocessing.categories.count,
            tables.allSatisfy({ $0.name == $1.name && $0.vocabulary.codeCount == $1.rows })
        else {
            throw LearningError.malformedModel(
                file: file, reason: "the network does not take what the preprocessing makes")
        }
        (self.kind, self.label, self.coding, self.loss) = (kind, label, coding, loss)
        settings = json["settings"]
        let (bytes, weightsFile) = try read(FileName.weights)
        let tensors = try SafetensorsFile(parsing: bytes, name: weightsFile)
        // The file has as many numbers as the network, which is made only then.
        let expected = shape.weightCount
        guard let expected, tensors.tensors.reduce(0, { $0 + $1.count }) == expected else {
            throw LearningError.malformedModel(file: weightsFile, reason: "it has not as many weights as the network")
        }
        network = Network(shape)
        for part in network.parts {
            _ = network.weights[part.range].update(fromContentsOf: try tensors.floats(part.name, shape: part.shape))
        }
    }
}

extension Architecture {
    /// Reads what stands in a model; `nil` if it is none.
    init?(_ json: JSON) {
        func size(_ json: JSON, _ range: ClosedRange<UInt64>) -> Int? {
            json.count.flatMap { range.contains($0) ? Int($0) : nil }
        }
        let limit: UInt64 = 1 << 31
        guard let numbers = size(json["numbers"], 0...limit), let outputs = size(json["outputs"], 1...limit),
            let listed = json["tables"].elements, let widths = json["hidden"].elements,
            let activation = json["activation"].string.flatMap(Activation.init)
        else { return nil }
        var tables: [Table] = []
        for item in listed {
            guard let name = item["column"].string, let rows = size(item["rows"], 1...limit),
                let dimension = size(item["dimension"], 1...limit)
            else { return nil }
            tables.append(Table(name: name, rows: rows, dimension: dimension))
        }
        let hidden = widths.compactMap { size($0, 1...limit) }
        guard hidden.count == widths.count, Set(tables.map(\.name)).count == tables.count else { return nil }
        if hidden.isEmpty, !tables.allSatisfy({ $0.dimension == outputs }) { return nil }
        self.init(numbers: numbers, tables: tables, hidden: hidden, activation: activation, outputs: outputs)
    }

    /// How many weights there are; `nil` if more than any memory has.
    var weightCount: Int? {
        var sum = 0
        let sizes = layers.map { ($0.inputs + 1, $0.outputs) } + tables.map { ($0.rows, $0.dimension) }
        for (rows, columns) in sizes {
            let (product, isOver) = rows.multipliedReportingOverflow(by: columns)
            let (total, isTooLarge) = sum.addingReportingOverflow(product)
            if isOver || isTooLarge || total > 1 << 40 { return nil }
            sum = total
        }
        return sum
    }
}
