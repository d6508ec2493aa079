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
/// | `weights.safetensors` | the weights of a network |
/// | `trees.json` | trees, as XGBoost writes them |
/// | `trees.safetensors` | trees whose thresholds are bins |
/// | `metrics.json` | how good it is, by part and by slice |
/// | `curves.csv` | the losses, epoch by epoch |
/// | `compression.json` | what quantizing or pruning has changed |
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
    /// What computes.
    package let engine: Engine
    /// In how many bits its numbers are kept; `nil` for those that training found.
    public let quantization: Quantization?
    /// The settings that it was trained with.
    package let settings: JSON

    /// What computes predictions.
    package enum Engine: Sendable {
        /// A linear model or a perceptron.
        case network(Network)
        /// The same in whole numbers.
        case quantized(QuantizedNetwork)
        /// Gradient-boosted trees.
        case trees(TreeModel)
    }

    /// The names of the files.
    package enum FileName {
        static let model = "model.json"
        static let preprocessing = "preprocessing.json"
        static let weights = "weights.safetensors"
        static let trees = "trees.json"
        static let binnedTrees = "trees.safetensors"
        static let metrics = "metrics.json"
        static let curves = "curves.csv"
        package static let compression = "compression.json"
        static let all = [model, preprocessing, weights, trees, binnedTrees, metrics, curves, compression]
    }

    /// How many bytes the files have that predictions need, without what is known of the training.
    ///
    /// - Throws: what keeps the files from being read.
    package static func size(of place: DataPlace) throws -> UInt64 {
        let names = [
            FileName.model, FileName.preprocessing, FileName.weights, FileName.trees, FileName.binnedTrees,
        ]
        return try names.reduce(0) { $0 + UInt64(try place.contents(of: $1)?.count ?? 0) }
    }

    init(
        kind: ModelKind, label: String, coding: TargetCoding, loss: Loss, preprocessing: Preprocessing,
        engine: Engine, quantization: Quantization? = nil, settings: JSON
    ) {
        (self.kind, self.label, self.coding, self.loss) = (kind, label, coding, loss)
        (self.preprocessing, self.engine, self.settings) = (preprocessing, engine, settings)
        self.quantization = quantization
    }

    /// The same model with something else that computes.
    package func replacing(_ engine: Engine, _ quantization: Quantization?) -> Model {
        Model(
            kind: kind, label: label, coding: coding, loss: loss, preprocessing: preprocessing, engine: engine,
            quantization: quantization, settings: settings)
    }

    // MARK: Predicting

    /// What the model says of rows, in the units of the label: a number for each, or the probability of the second of
    /// two classes, or the probability of each class, row by row. It is what training judges itself by: trees are asked
    /// through XGBoost. Others ask the module `Inference`.
    ///
    /// - Throws: ``LearningError/trees(_:)``, ``LearningError/noTreeLibrary(reason:)``.
    package func predict(_ matrix: FeatureMatrix, workers: Int) throws(LearningError) -> [Double] {
        var outputs: [Float]
        switch engine {
        case .network(let network): outputs = network.outputs(of: matrix, workers: workers)
        case .quantized(let network): outputs = network.outputs(of: matrix, workers: workers)
        case .trees(let trees): outputs = try trees.margins(matrix, workers: workers)
        }
        return outputs.withUnsafeMutableBufferPointer { predictions(of: $0) }
    }

    /// What outputs say, in the units of the label.
    ///
    /// - Parameter outputs: what computes made of rows: rows × outputs.
    package func predictions(of outputs: UnsafeMutableBufferPointer<Float>) -> [Double] {
        let predictions = loss.predictions(outputs, width: coding.outputs)
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
        switch engine {
        case .network(let network): object["network"] = .object(Self.json(network.architecture))
        case .quantized(let network): object["network"] = .object(Self.json(network.architecture))
        case .trees(let trees):
            var described = JSONObject()
            described["inputs"] = JSON(trees.inputs)
            described["outputs"] = JSON(trees.outputs)
            object["trees"] = .object(described)
        }
        if let quantization {
            var described = JSONObject()
            described["format"] = .string(quantization.format.rawValue)
            described["activations"] = JSON(quantization.activations?.rawValue)
            object["quantization"] = .object(described)
        }
        object["settings"] = settings
        return object
    }

    private static func json(_ shape: Architecture) -> JSONObject {
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
        return described
    }

    /// The files that predictions need.
    package var files: [(name: String, bytes: [UInt8])] {
        [
            (FileName.model, JSON.object(json).fileBytes),
            (FileName.preprocessing, JSON.object(preprocessing.json).fileBytes),
            engineFile,
        ]
    }

    /// The file with what computes.
    var engineFile: (name: String, bytes: [UInt8]) {
        switch engine {
        case .network(let network): (FileName.weights, network.tensors(quantization?.format))
        case .quantized(let network): (FileName.weights, network.tensors)
        case .trees(let trees):
            (trees.encoding == .binned ? FileName.binnedTrees : FileName.trees, trees.bytes)
        }
    }

    /// Reads a model.
    ///
    /// Trees are not looked into: what uses them checks them.
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
            coding.isForClasses == loss.isForClasses, (loss == .softmax) == (coding.outputs > 1)
        else {
            throw LearningError.malformedModel(file: file, reason: "what it says of the model does not fit together")
        }
        (self.kind, self.label, self.coding, self.loss) = (kind, label, coding, loss)
        settings = json["settings"]
        quantization = try Quantization.read(json["quantization"], of: kind, file: file)
        if kind == .trees {
            let (bytes, treesFile) = try read(quantization == nil ? FileName.trees : FileName.binnedTrees)
            let inputs = preprocessing.width + preprocessing.categories.count
            engine = .trees(
                TreeModel(
                    bytes, as: quantization == nil ? .xgboost : .binned, file: treesFile, inputs: inputs,
                    outputs: coding.outputs))
            return
        }
        guard let shape = Architecture(json["network"]), shape.outputs == coding.outputs else {
            throw LearningError.malformedModel(file: file, reason: "what it says of the model does not fit together")
        }
        let tables = zip(preprocessing.categories, shape.tables)
        guard shape.numbers == preprocessing.width, shape.tables.count == preprocessing.categories.count,
            tables.allSatisfy({ $0.name == $1.name && $0.vocabulary.codeCount == $1.rows }),
            preprocessing.numbers.allSatisfy({ $0.fill != nil })
        else {
            throw LearningError.malformedModel(
                file: file, reason: "the network does not take what the preprocessing makes")
        }
        let weights = try read(FileName.weights)
        let tensors = try SafetensorsFile(parsing: weights.bytes, name: weights.file)
        guard shape.weightCount != nil else {
            throw LearningError.malformedModel(file: file, reason: "its network is larger than any memory")
        }
        if let format = quantization?.format, format.largestCode != nil {
            engine = .quantized(try QuantizedNetwork(shape, format, tensors))
        } else {
            engine = .network(try Network(shape, quantization?.format, tensors))
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
